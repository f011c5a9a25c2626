#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# https: certificates and protocols that are not good enough are refused, whoever has signed.
# shellcheck disable=SC2119,SC2154 # what tls.sh sets

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/kernel.sh
. "$support/kernel.sh"
# shellcheck source=tests/support/tls.sh
. "$support/tls.sh"

atf_test_case weak_certificates_are_refused
weak_certificates_are_refused_body() {
	tls_prepare
	protocol=
	# openssl itself has to be talked into them.
	weak='ssl_ciphers DEFAULT@SECLEVEL=0;'
	tls_certificate small ours 1024
	tls_refused small "the server's certificate has a weak key, or is signed with one: RSA of 2048 bits, or a curve of 256 bits, is the least" "$weak"
	tls_certificate sha1 ours ec '' '' '' sha1
	tls_refused sha1 "the server's certificate is signed with a hash that is broken: SHA-256 or better is needed" "$weak"
}

# The rules themselves: unit/fetch/chain_test.
atf_test_case certificates_that_are_for_no_server_are_refused
certificates_that_are_for_no_server_are_refused_body() {
	tls_prepare
	protocol=
	tls_key 127.0.0.1.key ec
	tls_sign 127.0.0.1 ours /CN=127.0.0.1 'keyUsage = digitalSignature'
	tls_refused 127.0.0.1 "the server's certificate has no subjectAltName *(CN=127.0.0.1)*"
	tls_sign 127.0.0.1 ours /CN=x "$(printf '%s\n' 'subjectAltName = IP:127.0.0.1' 'extendedKeyUsage = clientAuth')"
	tls_refused 127.0.0.1 "the server's certificate is made for another purpose (key usage)"
	tls_sign 127.0.0.1 ours /CN=x "$(printf '%s\n' 'subjectAltName = IP:127.0.0.1' '1.2.3.4 = critical,ASN1:NULL')"
	tls_refused 127.0.0.1 "a certificate of the server cannot be read (mbedTLS' error *"
}

atf_test_case servers_that_cannot_do_TLS_1_2_are_refused
servers_that_cannot_do_TLS_1_2_are_refused_body() {
	tls_prepare
	tls_certificate good ours 2048
	protocol='TLSv1 TLSv1.1'
	tls_refused good 'the server *TLS 1.2*' 'ssl_ciphers DEFAULT@SECLEVEL=0;'
	# One that does not do TLS at all.
	tls_serve good '' "server { listen 127.0.0.1:$((tls_port + 1)); root $PWD/www; }"
	url=https://127.0.0.1:$((tls_port + 1))
	tls_refuses 100 "$url/x.erofs: the server does not speak TLS at this port"
}

atf_init_test_cases() {
	atf_add_test_case weak_certificates_are_refused
	atf_add_test_case certificates_that_are_for_no_server_are_refused
	atf_add_test_case servers_that_cannot_do_TLS_1_2_are_refused
}
