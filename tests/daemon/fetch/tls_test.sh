#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# https: servers that prove who they are are read from, others are refused with the reason.
# shellcheck disable=SC2119,SC2154 # what tls.sh sets

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/kernel.sh
. "$support/kernel.sh"
# shellcheck source=tests/support/tls.sh
. "$support/tls.sh"

atf_test_case servers_of_a_trusted_authority_are_read_from
servers_of_a_trusted_authority_are_read_from_body() {
	tls_prepare
	for kind in ec ec384 2048; do
		for protocol in TLSv1.2 TLSv1.3; do
			tls_certificate good ours $kind
			tls_serve good "ssl_protocols $protocol;"
			tls_reads
			tls_stop
			atf_check -s exit:1 grep -v "^$protocol 206 " log
		done
	done
	url=https://localhost:$tls_port
	tls_serve good
	url=https://localhost:$tls_port
	tls_reads
}

# refused_both CERTIFICATE WHY: by both versions of TLS.
refused_both() {
	for protocol in TLSv1.2 TLSv1.3; do tls_refused "$@"; done
}

atf_test_case a_certificate_that_has_expired_is_refused
a_certificate_that_has_expired_is_refused_body() {
	tls_prepare
	tls_certificate expired ours ec '' '-30 days' '-2 days'
	refused_both expired "the server's certificate has expired: it was valid until $(date -u -d '-2 days' +%Y-%m-%d), and this host's clock says $(date -u +%Y-%m-%d): renew it, or set the clock"
}

atf_test_case a_certificate_of_tomorrow_is_refused
a_certificate_of_tomorrow_is_refused_body() {
	tls_prepare
	tls_certificate early ours ec '' '+2 days' '+30 days'
	refused_both early "the server's certificate is not valid before $(date -u -d '+2 days' +%Y-%m-%d), and this host's clock says $(date -u +%Y-%m-%d): set the clock, or make the initramfs anew: a clock that is behind is set to the time when it was made"
}

atf_test_case a_certificate_for_another_name_is_refused
a_certificate_for_another_name_is_refused_body() {
	tls_prepare
	tls_certificate other ours ec 'DNS:other.example,IP:127.0.0.2'
	refused_both other "the server's certificate is for other names than 127.0.0.1: other.example, 127.0.0.2"
}

atf_test_case a_certificate_of_an_unknown_authority_is_refused
a_certificate_of_an_unknown_authority_is_refused_body() {
	tls_prepare
	tls_authority theirs
	tls_certificate unknown theirs
	refused_both unknown "the server's certificate is signed by an authority that this host does not trust: CN=authority theirs"
}

atf_test_case a_certificate_that_its_server_has_signed_is_refused
a_certificate_that_its_server_has_signed_is_refused_body() {
	tls_prepare
	tls_openssl req -x509 -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout alone.key -out alone.crt \
		-config ours.cnf -subj /CN=alone -days 30 -addext subjectAltName=IP:127.0.0.1
	refused_both alone "the server's certificate is self-signed, and this host does not know it"
}

atf_test_case without_authorities_https_does_not_start
without_authorities_https_does_not_start_body() {
	tls_prepare
	tls_certificate good ours
	tls_serve good
	rm etc/blobroot/ca.crt
	tls_refuses 100 "$url/x.erofs: there are no certificates of authorities to check the server's with: *--ca FILE*"
	echo nonsense >etc/blobroot/ca.crt
	tls_refuses 100 '/etc/blobroot/ca.crt: holds no certificate (PEM) that can be read'
	# The system's bundle does as well.
	rm etc/blobroot/ca.crt
	mkdir -p etc/ssl/certs
	cp ours.crt etc/ssl/certs/ca-certificates.crt
	tls_reads
	# Our own replaces it.
	tls_authority theirs
	cp theirs.crt etc/blobroot/ca.crt
	tls_refuses 100 "$url/x.erofs: the server's certificate is signed by an authority *: CN=authority ours"
}

atf_init_test_cases() {
	atf_add_test_case servers_of_a_trusted_authority_are_read_from
	atf_add_test_case a_certificate_that_has_expired_is_refused
	atf_add_test_case a_certificate_of_tomorrow_is_refused
	atf_add_test_case a_certificate_for_another_name_is_refused
	atf_add_test_case a_certificate_of_an_unknown_authority_is_refused
	atf_add_test_case a_certificate_that_its_server_has_signed_is_refused
	atf_add_test_case without_authorities_https_does_not_start
}
