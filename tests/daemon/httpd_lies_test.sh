#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# The lies of the tests' web server, as the head of tests/support/httpd.c describes them: lengths, ranges,
# bytes and whole heads that are wrong. 18 is curl's status for a body that ends early; for the rest its
# versions differ.
# shellcheck disable=SC2119,SC2154 # what httpd.sh sets

support=$(cd "$(atf_get_srcdir)/../support" && pwd)
# shellcheck source=tests/support/httpd.sh
. "$support/httpd.sh"

size_is() { atf_check_equal "$1" "$(stat -c %s reply.body)"; }

atf_test_case wrong_lengths
wrong_lengths_body() {
	httpd_serve_f
	httpd_fault length=+10
	httpd_get 18 "$url/f"
	size_is 100000
	httpd_fault length=-10
	httpd_get 0 "$url/f"
	size_is 99990
	httpd_fault content-length=-5
	httpd_get fail "$url/f"
	httpd_fault no-length
	httpd_get 0 "$url/f"
	httpd_head_lacks content-length
	size_is 100000
	httpd_fault total=77 shift=+100
	httpd_get 0 -r 0-9 "$url/f"
	httpd_head_has 'Content-Range: bytes 100-109/77'
	httpd_fault shift=-5 shorten=3
	httpd_get 0 -r 100-109 "$url/f"
	httpd_head_has 'Content-Range: bytes 95-97/100000'
	size_is 3
	httpd_fault content-range=bytes%20-1--9/*
	httpd_get 0 -r 0-9 "$url/f"
	httpd_head_has 'Content-Range: bytes -1--9/\*'
	httpd_fault flip=99999 flip=5
	httpd_get 0 -r 5-99999 "$url/f"
	tail -c +6 www/f >want
	atf_check_equal 2 "$(cmp -l want reply.body | wc -l)"
}

atf_test_case ranges_beyond_the_end
ranges_beyond_the_end_body() {
	httpd_serve_f
	httpd_fault beyond=416
	httpd_get 0 -r 0-100000 "$url/f"
	httpd_head_has 'Content-Range: bytes \*/100000'
	httpd_get 0 -r 0-99999 "$url/f"
	size_is 100000
	httpd_fault beyond=206
	httpd_get 18 -r 10-100000 "$url/f"
	httpd_head_has 'Content-Range: bytes 10-100000/100000'
	size_is 99990
	httpd_fault beyond=200
	httpd_get 0 -r 10-100000 "$url/f"
	httpd_head_has 'HTTP/1.1 200 OK'
	size_is 100000
	httpd_fault beyond=400
	httpd_get 0 -r 10-100000 "$url/f"
	httpd_head_has 'HTTP/1.1 400 Bad Request'
}

atf_test_case a_target_for_each_range
a_target_for_each_range_body() {
	httpd_serve_f
	httpd_fault redirect-range
	httpd_get 0 -r 10-19 "$url/f"
	httpd_head_has "Location: /f?10-19"
	httpd_get 0 -L -r 10-19 "$url/f"
	size_is 10
	httpd_get 0 -r 20-29 "$url/f?10-19"
	httpd_head_has 'HTTP/1.1 403 .*'
}

# The head is there long before the first byte.
atf_test_case a_body_that_drips
a_body_that_drips_body() {
	httpd_serve_f
	httpd_fault drip=3600000
	httpd_get 28 -m 2 "$url/f"
	httpd_head_has 'Content-Length: 100000'
	httpd_fault drip=1
	httpd_get 0 -r 0-9 "$url/f"
	size_is 10
}

atf_test_case garbage
garbage_body() {
	httpd_serve_f
	for kind in binary no-status header long endless; do
		httpd_fault "garbage=$kind"
		httpd_get fail -m 2 "$url/f"
		kill -0 "$server" || atf_fail "the server is gone"
	done
	httpd_fault garbage=negative
	httpd_get 0 -r 0-9 "$url/f"
	httpd_head_has 'Content-Range: bytes -10--1/-100000'
	httpd_fault garbage=huge
	httpd_get 0 -r 0-9 "$url/f"
	httpd_head_has 'Content-Range: bytes 9\{20\}-.*'
}

atf_init_test_cases() {
	atf_add_test_case wrong_lengths
	atf_add_test_case ranges_beyond_the_end
	atf_add_test_case a_target_for_each_range
	atf_add_test_case a_body_that_drips
	atf_add_test_case garbage
}
