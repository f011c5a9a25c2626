#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# https through a proxy: it is asked to CONNECT, and sees nothing of what comes.
# shellcheck disable=SC2119,SC2154 # what tls.sh sets

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/kernel.sh
. "$support/kernel.sh"
# shellcheck source=tests/support/tls.sh
. "$support/tls.sh"

# A server whose name only the proxy knows.
prepare() {
	tls_blob
	tls_authority ours
	cp ours.crt etc/blobroot/ca.crt
	tls_certificate good ours ec DNS:images.invalid
	tls_serve good
	url=https://images.invalid:$tls_port
}

# tunnel [STATUS]: the proxy; it writes the requests that it gets to ./asked.
tunnel() {
	mkfifo said
	setpriv --pdeathsig TERM "$support/tunnel" "$tls_port" "$@" >said &
	exec 4<said
	read -r port <&4 || atf_fail 'no proxy'
	cat <&4 >asked &
	export https_proxy="http://127.0.0.1:$port"
}

atf_test_case https_goes_through_a_proxy
https_goes_through_a_proxy_body() {
	prepare
	tls_refuses 111 "$url/x.erofs: the host's name does not resolve"
	tunnel
	tls_reads
	atf_check -s exit:1 grep -v "^CONNECT images.invalid:$tls_port HTTP/1.1$" asked
	atf_check test -s asked
}

# The proxy does not stand for the server's name.
atf_test_case behind_a_proxy_the_server_has_to_prove_its_name
behind_a_proxy_the_server_has_to_prove_its_name_body() {
	prepare
	tunnel
	url=https://other.invalid:$tls_port
	tls_refuses 100 "$url/x.erofs: the server's certificate is for other names than other.invalid: images.invalid"
	atf_check test ! -s log
}

atf_test_case a_proxy_that_refuses_is_named
a_proxy_that_refuses_is_named_body() {
	prepare
	tunnel 403
	tls_refuses 111 "$url/x.erofs: the proxy refuses: it answers 403 to CONNECT"
}

atf_init_test_cases() {
	atf_add_test_case https_goes_through_a_proxy
	atf_add_test_case behind_a_proxy_the_server_has_to_prove_its_name
	atf_add_test_case a_proxy_that_refuses_is_named
}
