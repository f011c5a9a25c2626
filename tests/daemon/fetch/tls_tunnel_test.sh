#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# https through a proxy: it is asked to CONNECT, and sees nothing of what comes. What is for the server is shown to no
# proxy.
# shellcheck disable=SC2119,SC2154 # what tls.sh sets

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/kernel.sh
. "$support/kernel.sh"
# shellcheck source=tests/support/tls.sh
. "$support/tls.sh"
# shellcheck source=tests/support/net.sh
. "$support/net.sh"

# A server whose name only the proxy knows.
make_keys() {
	tls_prepare
	tls_certificate good ours ec DNS:images.invalid
}

prepare() {
	make_keys
	tls_serve good
	url=https://images.invalid:$tls_port
}

# tunnel [STATUS]: the proxy; it writes the requests that it gets to ./asked.
tunnel() {
	mkfifo said
	$httpd_prefix setpriv --pdeathsig TERM "$support/tunnel" "$tls_port" "$@" >said &
	exec 4<said
	read -r port <&4 || atf_fail 'no proxy'
	cat <&4 >asked &
	export https_proxy="http://127.0.0.1:$port"
}

atf_test_case https_goes_through_a_proxy
https_goes_through_a_proxy_body() {
	net_enter
	net_names none
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

# What a server says of another one ends on the console. A byte that is no ASCII, and a control character of terminals.
atf_test_case a_name_from_a_redirect_reaches_the_console_as_printable_ASCII
a_name_from_a_redirect_reaches_the_console_as_printable_ASCII_body() {
	make_keys
	tls_find_port
	name=$(printf 'b\344r\233.invalid')
	tls_serve good "return 302 https://$name:$tls_port/y;"
	url=https://images.invalid:$tls_port
	tunnel
	tls_refuses 100 "$url/x.erofs: redirected to https://b[?]r[?].invalid:$tls_port/y: the server's certificate is for other names than b[?]r[?].invalid: images.invalid"
	atf_check -s exit:1 env LC_ALL=C grep '[^ -~	]' out
}

# with_proxy [NAMES]: one that speaks TLS, and takes down what it is shown. nginx answers 400 or 405 to CONNECT, and plain
# requests itself.
with_proxy() {
	tls_authority clients
	tls_certificate host clients
	cp host.crt etc/blobroot/client.crt
	cp host.key etc/blobroot/client.key
	tls_find_port
	tls_certificate proxy ours ec "${1-}"
	proxy=https://127.0.0.1:$((tls_port + 1))
	tls_serve good "ssl_client_certificate $PWD/clients.crt; ssl_verify_client optional;" \
		"log_format shown '\$request \"\$ssl_client_s_dn\" \"\$http_authorization\"';
		server { listen 127.0.0.1:$((tls_port + 1)) ssl; ssl_certificate $PWD/proxy.crt; ssl_certificate_key $PWD/proxy.key;
			ssl_client_certificate $PWD/clients.crt; ssl_verify_client optional; root $PWD/www; access_log $PWD/shown shown; }"
}

atf_test_case a_proxy_is_shown_neither_client_certificate_nor_password
a_proxy_is_shown_neither_client_certificate_nor_password_body() {
	make_keys
	with_proxy
	echo 'machine images.invalid login host password secret' >etc/blobroot/netrc
	url=https://images.invalid:$tls_port
	export https_proxy="$proxy" http_proxy="$proxy"
	tls_refuses 111 "$url/x.erofs: the proxy refuses: it answers 40[05] to CONNECT"
	atf_check -o ignore grep 'CONNECT images.invalid' shown
	# A plain request goes through its hands: the password does not, the rest does.
	url=http://images.invalid
	tls_refuses 100 "$url/x.erofs: the initramfs' netrc has a password for this server, which the proxy would see: use https"
	echo 'machine other.invalid login host password secret' >etc/blobroot/netrc
	tls_reads
	atf_check -o ignore grep 'GET http://images.invalid' shown
	atf_check -s exit:1 grep -v '"-" "-"$' shown
}

atf_test_case a_proxy_has_to_prove_its_own_name
a_proxy_has_to_prove_its_own_name_body() {
	make_keys
	with_proxy DNS:images.invalid
	export https_proxy="$proxy" http_proxy="$proxy"
	for url in http://images.invalid https://images.invalid; do
		tls_refuses 100 "$url/x.erofs: the proxy's certificate is for other names than 127.0.0.1: images.invalid"
	done
	atf_check test ! -s shown
}

atf_test_case behind_a_proxy_the_server_still_gets_the_client_certificate
behind_a_proxy_the_server_still_gets_the_client_certificate_body() {
	make_keys
	with_proxy
	echo 'machine images.invalid login host password secret' >etc/blobroot/netrc
	url=https://images.invalid:$tls_port
	tunnel
	tls_reads
	atf_check -s exit:1 grep -v '"CN=host" host$' log
}

atf_init_test_cases() {
	atf_add_test_case https_goes_through_a_proxy
	atf_add_test_case behind_a_proxy_the_server_has_to_prove_its_name
	atf_add_test_case a_proxy_that_refuses_is_named
	atf_add_test_case a_name_from_a_redirect_reaches_the_console_as_printable_ASCII
	atf_add_test_case a_proxy_is_shown_neither_client_certificate_nor_password
	atf_add_test_case a_proxy_has_to_prove_its_own_name
	atf_add_test_case behind_a_proxy_the_server_still_gets_the_client_certificate
}
