#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# Every fault of the tests' web server happens as the head of tests/support/httpd.c describes it. Status 18 of
# curl is a body that ends early, 52 an empty reply, 56 a reset, 28 its time limit, 47 too many redirects.
# shellcheck disable=SC2119,SC2154 # what httpd.sh sets

support=$(cd "$(atf_get_srcdir)/../support" && pwd)
# shellcheck source=tests/support/httpd.sh
. "$support/httpd.sh"

size_is() { atf_check_equal "$1" "$(stat -c %s reply.body)"; }
logged() { atf_check -o "match:$1" tail -n 1 log; }
ms() { date +%s%3N; }

atf_test_case late_and_slow
late_and_slow_body() {
	httpd_serve_f
	start=$(ms)
	httpd_fault delay=300
	httpd_get 0 "$url/f"
	[ $(($(ms) - start)) -ge 300 ] || atf_fail "the delay was too short"
	start=$(ms)
	httpd_fault rate=200000
	httpd_get 0 "$url/f"
	took=$(($(ms) - start))
	[ $took -ge 490 ] || atf_fail "100,000 bytes at 200,000 a second took $took ms"
	cmp www/f reply.body || atf_fail "wrong bytes"
}

atf_test_case held
held_body() {
	httpd_serve_f
	httpd_fault hold=gate
	: >gate
	httpd_get 28 -m 3 "$url/f"
	atf_check -o inline:'HELD GET /f 5-9\n' sh -c "
		curl -s -r 5-9 -o got '$url/f' & until grep HELD.*5-9 log; do sleep 0.1; done
		[ ! -s got ] && rm gate && wait"
	atf_check -o inline:'\n4\n5\n' cat got
	httpd_get 0 "$url/f"
}

atf_test_case ends_early
ends_early_body() {
	httpd_serve_f
	httpd_fault cut=1000
	httpd_get 18 "$url/f"
	size_is 1000
	logged '200 1000 1 cut'
	httpd_get 0 -r 0-999 "$url/f"
	httpd_fault reset=70000
	httpd_get 56 "$url/f"
	size_is 70000
	httpd_fault cut=0
	httpd_get 18 "$url/f"
	httpd_fault 'cut=10 chunked'
	httpd_get 18 "$url/f"
	size_is 10
	httpd_fault cut-head=5
	httpd_get 52 "$url/f"
	httpd_fault stall=1000
	httpd_get 28 -m 3 "$url/f"
	size_is 1000
	logged '200 1000 7 stall'
	httpd_fault silent
	httpd_get 28 -m 3 "$url/f"
	logged 'GET /f - 000 0 8 stall'
}

atf_test_case other_answers
other_answers_body() {
	httpd_serve_f
	httpd_fault 'status=503 retry-after=7'
	httpd_get 0 "$url/f"
	httpd_head_has 'HTTP/1.1 503 Service Unavailable'
	httpd_head_has 'Retry-After: 7'
	httpd_fault no-range
	httpd_get 0 -r 5-9 "$url/f"
	httpd_head_has 'HTTP/1.1 200 OK'
	httpd_head_lacks accept-ranges
	size_is 100000
	httpd_fault etag=v2 weak-etag
	httpd_get 0 -r 5-9 -H 'If-Range: "v2"' "$url/f"
	httpd_head_has 'HTTP/1.1 200 OK'
	httpd_head_has 'ETag: W/"v2"'
	httpd_fault no-etag
	httpd_get 0 "$url/f"
	httpd_head_lacks etag
	httpd_fault redirect-loop
	httpd_get 47 -L --max-redirs 5 "$url/f"
	httpd_fault "redirect=$url/f path=/other"
	httpd_get 0 -L "$url/other"
	cmp www/f reply.body || atf_fail "not redirected"
	httpd_fault chunked
	httpd_get 0 "$url/f"
	httpd_head_has 'Transfer-Encoding: chunked'
	cmp www/f reply.body || atf_fail "wrong bytes in chunks"
	httpd_fault http10
	httpd_get 0 "$url/f"
	httpd_head_has 'HTTP/1.0 200 OK'
}

atf_init_test_cases() {
	atf_add_test_case late_and_slow
	atf_add_test_case held
	atf_add_test_case ends_early
	atf_add_test_case other_answers
}
