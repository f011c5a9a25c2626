#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# The ways on which no answer comes, each with its one clear line and exit status.
# shellcheck disable=SC2119,SC2154 # what kernel.sh sets

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/kernel.sh
. "$support/kernel.sh"
# shellcheck source=tests/support/net.sh
. "$support/net.sh"

atf_test_case a_connection_that_is_refused
a_connection_that_is_refused_body() {
	# In the machine's network another case's server could take the port.
	net_enter
	kernel_serve
	exec 9>&-
	wait "$server"
	kernel_refuses 111 'no connection to the server: Connection refused'
	export http_proxy="$url"
	url=http://images.invalid
	kernel_refuses 111 'no connection to the proxy: Connection refused'
}

atf_test_case a_connection_that_is_reset
a_connection_that_is_reset_body() {
	kernel_serve
	kernel_refuses 111 'the connection was reset' reset=0
	kernel_refuses 111 'the connection was reset' reset=5000
}

atf_test_case a_server_that_is_silent
a_server_that_is_silent_body() {
	kernel_serve
	kernel_refuses 111 'the server is silent: no answer in 2 s' silent
	kernel_run -- rd.blob.contact=12 <<-EOF
		log blobroot: $url/x.erofs: waiting for the first answer: * s so far, 0 bytes fetched since the start
		log blobroot: $url/x.erofs: the server is silent, not a byte for 10 s: trying again for 12 s
		failed 111 $url/x.erofs: the server is silent, not a byte for 10 s
	EOF
}

atf_test_case a_server_that_falls_silent_in_its_answer
a_server_that_falls_silent_in_its_answer_body() {
	kernel_serve
	kernel_refuses 111 'too slow: 1000 of the first 65536 bytes came in 2 s' stall=1000
}

atf_test_case a_name_that_does_not_resolve
a_name_that_does_not_resolve_body() {
	net_enter
	net_names none
	kernel_serve
	url=http://no-such-host.invalid
	kernel_refuses 111 "the host's name does not resolve"
}

atf_test_case a_proxy_that_does_not_resolve
a_proxy_that_does_not_resolve_body() {
	net_enter
	net_names none
	kernel_serve
	export http_proxy=http://no-such-proxy.invalid:3128
	kernel_refuses 111 "the proxy's name does not resolve"
}

atf_test_case a_redirect_loop
a_redirect_loop_body() {
	kernel_serve
	kernel_refuses 111 'more than 8 redirects: a redirect loop?' redirect-loop
}

atf_test_case a_redirect_out_of_the_web
a_redirect_out_of_the_web_body() {
	kernel_serve
	kernel_refuses 111 "redirected to file://$PWD/want.erofs: only http and https are followed" \
		"redirect=file://$PWD/want.erofs"
}

atf_init_test_cases() {
	atf_add_test_case a_connection_that_is_refused
	atf_add_test_case a_connection_that_is_reset
	atf_add_test_case a_server_that_is_silent
	atf_add_test_case a_server_that_falls_silent_in_its_answer
	atf_add_test_case a_name_that_does_not_resolve
	atf_add_test_case a_proxy_that_does_not_resolve
	atf_add_test_case a_redirect_loop
	atf_add_test_case a_redirect_out_of_the_web
}
