#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# The way to the server: redirects, proxies, names.
# shellcheck disable=SC2119,SC2154 # what kernel.sh sets

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/kernel.sh
. "$support/kernel.sh"

atf_test_case a_redirect_is_followed_and_remembered
a_redirect_is_followed_and_remembered_body() {
	kernel_serve
	mkdir www/real
	mv www/x.erofs www/real/
	httpd_fault "redirect=$url/real/x.erofs path=/x.erofs"
	kernel_run <<-EOF
		ready
		open image
		scan 1 128K
	EOF
	atf_check_equal 1 "$(kernel_logged ' 302 ')"
}

atf_test_case a_remembered_redirect_that_fails_is_asked_for_again
a_remembered_redirect_that_fails_is_asked_for_again_body() {
	kernel_serve
	cp -p www/x.erofs www/one
	cp -p www/x.erofs www/two
	httpd_fault "redirect=$url/one path=/x.erofs etag=same" 'path=/ etag=same'
	kernel_run <<-EOF
		ready
		open image
		wait
		sh rm www/one; rm -f faults/*; echo 'redirect=$url/two path=/x.erofs' >.a; echo 'path=/ etag=same' >.b; mv .a faults/a; mv .b faults/b
		scan 1 128K
	EOF
}

atf_test_case a_proxy_of_the_environment_is_used
a_proxy_of_the_environment_is_used_body() {
	kernel_serve
	export http_proxy="$url"
	url=http://no-such-host.invalid
	kernel_run <<-EOF
		ready
		open image
		scan 1 128K
	EOF
}

atf_test_case no_proxy_is_obeyed
no_proxy_is_obeyed_body() {
	kernel_serve
	export http_proxy=http://no-such-proxy.invalid:3128 no_proxy=127.0.0.1
	kernel_run <<-EOF
		ready
		open image
		scan 1 128K
	EOF
}

atf_test_case a_name_is_resolved
a_name_is_resolved_body() {
	kernel_serve
	url=http://localhost:${url##*:}
	kernel_run <<-EOF
		ready
		open image
		scan 1 128K
	EOF
}

atf_test_case a_url_may_have_a_query
a_url_may_have_a_query_body() {
	kernel_serve
	kernel_noise www/other 100000
	# The last root= wins.
	kernel_run -- "root=blob:$url/x.erofs?token=a/b" <<-EOF
		ready
		source other www/other
		open image
		open other
		wait
		scan 1 128K
		scan 2 128K
	EOF
	[ "$(kernel_logged 'GET /x.erofs?token=a/b ')" -gt 3 ] || atf_fail "the query is lost"
	[ "$(kernel_logged 'GET /other ')" -gt 0 ] || atf_fail "the sibling is not where it should be"
}

atf_init_test_cases() {
	atf_add_test_case a_redirect_is_followed_and_remembered
	atf_add_test_case a_remembered_redirect_that_fails_is_asked_for_again
	atf_add_test_case a_proxy_of_the_environment_is_used
	atf_add_test_case no_proxy_is_obeyed
	atf_add_test_case a_name_is_resolved
	atf_add_test_case a_url_may_have_a_query
}
