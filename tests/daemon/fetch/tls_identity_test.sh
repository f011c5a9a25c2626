#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# Client certificates: servers that want one get it, and files that are none are refused.
# shellcheck disable=SC2034,SC2119,SC2154 # what tls.sh sets, and is told

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/kernel.sh
. "$support/kernel.sh"
# shellcheck source=tests/support/tls.sh
. "$support/tls.sh"

prepare() {
	tls_prepare
	tls_certificate good ours
}

atf_test_case a_client_certificate_opens_a_closed_server
a_client_certificate_opens_a_closed_server_body() {
	prepare
	tls_authority clients
	tls_authority strangers
	tls_certificate host clients ec
	tls_certificate host2 clients 2048
	tls_certificate stranger strangers
	cat host2.crt host2.key >both.pem
	for protocol in TLSv1.2 TLSv1.3; do
		tls_serve good "ssl_protocols $protocol; ssl_verify_client on; ssl_client_certificate $PWD/clients.crt;"
		tls_reads "rd.blob.cert=$PWD/host.crt" "rd.blob.key=$PWD/host.key"
		tls_reads "rd.blob.cert=$PWD/both.pem"
		atf_check -s exit:1 grep -v "^$protocol 206 [0-9]* \"CN=host2*\" -$" log
		why="$url/x.erofs: the server answers 400 (Bad Request: does it want a client certificate, or another one (rd.blob.cert=)[?])"
		tls_refuses 100 "$why"
		tls_refuses 100 "$why" "rd.blob.cert=$PWD/stranger.crt" "rd.blob.key=$PWD/stranger.key"
		tls_stop
	done
	# Without a word, when it stands where mkinitrd puts it.
	cp host.crt etc/blobroot/client.crt
	cp host.key etc/blobroot/client.key
	tls_serve good "ssl_verify_client on; ssl_client_certificate $PWD/clients.crt;"
	tls_reads
}

# One that ends the handshake, as other servers than nginx do.

atf_test_case a_handshake_that_is_refused_for_want_of_a_certificate
a_handshake_that_is_refused_for_want_of_a_certificate_body() {
	prepare
	tls_find_port
	url=https://127.0.0.1:$tls_port
	for protocol in tls1_2 tls1_3; do
		mkfifo $protocol
		setpriv --pdeathsig TERM openssl s_server -$protocol -accept "127.0.0.1:$tls_port" -cert good.crt -key good.key \
			-CAfile ours.crt -Verify 1 -verify_return_error -WWW >$protocol 2>&1 &
		server=$!
		exec 4<$protocol
		until [ "${said-}" = ACCEPT ]; do read -r said <&4 || atf_fail 's_server ended'; done
		tls_refuses 100 "$url/x.erofs: the server *client certificate*"
		said=
		tls_stop
		exec 4<&-
	done
}

atf_test_case files_of_a_client_that_cannot_be_used_are_refused
files_of_a_client_that_cannot_be_used_are_refused_body() {
	prepare
	tls_certificate host ours
	tls_certificate other ours
	tls_serve good
	tls_openssl pkey -in host.key -aes128 -passout pass:x -out locked.key
	cert=rd.blob.cert=$PWD/host.crt
	tls_refuses 100 "rd.blob.key=$PWD/locked.key: its private key has a passphrase, *" "$cert" "rd.blob.key=$PWD/locked.key"
	tls_refuses 100 "rd.blob.key=$PWD/other.key: its private key is not that of the certificate" "$cert" "rd.blob.key=$PWD/other.key"
	tls_refuses 100 "$cert: holds no private key (PEM, RSA or EC) that can be read" "$cert"
	tls_refuses 100 "rd.blob.cert=$PWD/host.key: holds no certificate (PEM) that can be read" "rd.blob.cert=$PWD/host.key"
	tls_refuses 100 "rd.blob.cert=$PWD/nosuch: No such file or directory" "rd.blob.cert=$PWD/nosuch"
	# The last one before the kernel's device was touched.
	atf_check -s exit:1 grep '^command' out
	tls_refuses 100 'rd.blob.key=: whose key[?] rd.blob.cert= is missing' "rd.blob.key=$PWD/host.key"
}

atf_init_test_cases() {
	atf_add_test_case a_client_certificate_opens_a_closed_server
	atf_add_test_case a_handshake_that_is_refused_for_want_of_a_certificate
	atf_add_test_case files_of_a_client_that_cannot_be_used_are_refused
}
