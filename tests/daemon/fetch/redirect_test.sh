#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# What fails behind a redirect is said of the server that it led to.
# shellcheck disable=SC2119,SC2154 # what kernel.sh sets

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/kernel.sh
. "$support/kernel.sh"
# shellcheck source=tests/support/net.sh
. "$support/net.sh"

# leads STATUS TARGET WHY: x.erofs is redirected to TARGET, and refused with WHY.
leads() {
	kernel_refuses "$1" "$3" "path=/x.erofs redirect=$2"
}

atf_test_case a_failure_behind_a_redirect_names_where_it_led
a_failure_behind_a_redirect_names_where_it_led_body() {
	net_enter
	net_names none
	kernel_serve
	# The same server by another name is another one.
	other=http://localhost:${url##*:}
	leads 111 http://no-such-host.invalid/y "redirected to http://no-such-host.invalid/y: the host's name does not resolve"
	leads 111 http://127.0.0.1:1/y 'redirected to http://127.0.0.1:1/y: no connection to the server: Connection refused'
	leads 100 "$other/gone" "redirected to $other/gone: the server answers 404 (Not Found)"
	leads 100 "$other/one?token=secret#part" "redirected to $other/one: the server answers 404 (Not Found)"
	atf_check -s exit:1 grep secret out
	# Its own failures are its own, and a path of its own is no other server.
	kernel_refuses 100 'the server answers 404 (Not Found)' "path=/x.erofs redirect=$url/gone"
	kernel_refuses 111 "redirected to $other/y: the answer's headers are not valid HTTP" "path=/x.erofs redirect=$other/y" \
		'path=/y garbage=binary'
}

atf_test_case a_target_that_is_silent_is_named
a_target_that_is_silent_is_named_body() {
	kernel_serve
	other=http://localhost:${url##*:}
	cp www/x.erofs www/real
	kernel_refuses 111 "redirected to $other/real: the server is silent: no answer in 2 s" \
		"path=/x.erofs redirect=$other/real" 'path=/real silent'
	kernel_refuses 111 "redirected to $other/real: too slow: * of the first 65536 bytes came in 2 s" \
		"path=/x.erofs redirect=$other/real" 'path=/real drip=100'
	kernel_refuses 111 'the server is silent: no answer in 2 s' silent
}

atf_test_case a_target_that_is_remembered_is_named
a_target_that_is_remembered_is_named_body() {
	kernel_serve
	other=http://localhost:${url##*:}
	cp www/x.erofs www/real
	httpd_fault "path=/x.erofs redirect=$other/real"
	kernel_run --start <<-EOF
		ready
		open image
		wait
		sh mv www/real aside
		read 1 1M 4K
		log *: bytes 1048576-*: redirected to $other/real: the server answers 404 (Not Found): trying again
		sh mv aside www/real
		wait
	EOF
}

atf_test_case a_target_that_is_no_url_is_final
a_target_that_is_no_url_is_final_body() {
	kernel_serve
	leads 100 http://127.0.0.1:99999/y 'redirected to a URL that is not valid'
	leads 100 'http://[::1/y' 'redirected to a URL that is not valid'
}

# The console may be a serial line or a terminal.
atf_test_case a_target_reaches_the_console_as_printable_ASCII
a_target_reaches_the_console_as_printable_ASCII_body() {
	net_enter
	net_names none
	kernel_serve
	leads 111 'http://b%C3%A4r.invalid/%C2%9B31m' "redirected to http://b*"
	atf_check -s exit:1 env LC_ALL=C grep '[^ -~	]' out
}

atf_init_test_cases() {
	atf_add_test_case a_failure_behind_a_redirect_names_where_it_led
	atf_add_test_case a_target_that_is_silent_is_named
	atf_add_test_case a_target_that_is_remembered_is_named
	atf_add_test_case a_target_that_is_no_url_is_final
	atf_add_test_case a_target_reaches_the_console_as_printable_ASCII
}
