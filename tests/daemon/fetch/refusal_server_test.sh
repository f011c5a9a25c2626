#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# What a web server may answer instead of an image, each with its one clear line and exit status.
# shellcheck disable=SC2119,SC2154 # what kernel.sh sets

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/kernel.sh
. "$support/kernel.sh"

atf_test_case a_missing_image
a_missing_image_body() {
	kernel_serve
	rm www/x.erofs
	kernel_refuses 100 'the server answers 404 (Not Found)'
	atf_check_equal 1 "$(kernel_logged)"
}

atf_test_case a_forbidden_image
a_forbidden_image_body() {
	kernel_serve
	kernel_refuses 100 'the server answers 403 (Forbidden)' status=403
	kernel_refuses 100 'the server answers 401 (Unauthorized: the initramfs'\'' netrc has no user and password that it takes)' status=401
	kernel_refuses 100 'the server answers 400 (Bad Request)' status=400
	kernel_refuses 100 'the server answers 410 (Gone)' status=410
	kernel_refuses 100 'the server answers 421 (Misdirected Request)' status=421
	kernel_refuses 100 'the server answers 451 (Unavailable For Legal Reasons)' status=451
	kernel_refuses 111 'the server answers 511 (Network Authentication Required: this network wants a login)' status=511
}

atf_test_case a_failing_server_gets_time_to_recover
a_failing_server_gets_time_to_recover_body() {
	kernel_serve
	kernel_refuses 111 'the server answers 500 (Internal Server Error)' status=500
	[ "$(kernel_logged ' 500 ')" -gt 1 ] || atf_fail "it was asked only once"
	atf_check -o ignore grep -x "log: blobroot: $url/x.erofs: the server answers 500 (Internal Server Error): trying again for 2 s" out
	kernel_refuses 111 'the server answers 503 (Service Unavailable), and is to be asked again after 60 s' 'status=503 retry-after=60'
	# The limit of reads is not the boot's. These answers take longer than it allows.
	httpd_fault 'status=503 count=8'
	kernel_run -- rd.blob.timeout=1 <<-EOF
		log blobroot: $url/x.erofs: the server answers 503 (Service Unavailable): trying again, with no end set (rd.blob.contact=)
		ready
	EOF
}

atf_test_case a_server_without_ranges
a_server_without_ranges_body() {
	kernel_serve
	kernel_refuses 100 'the server does not do range requests, it sends the whole file' no-range
	kernel_refuses 100 'the server does not do range requests, it sends the whole file' http10 no-range
}

atf_test_case another_range_than_asked_for
another_range_than_asked_for_body() {
	kernel_serve
	kernel_refuses 111 'the server sent another range than asked for (4096-69631)' shift=+4096
	kernel_refuses 111 'the server sent another range than asked for (0-65536)' \
		'no-range status=206 header=Content-Range:%20bytes%200-65536/4198400 no-length'
	kernel_refuses 111 "the answer's headers are not valid HTTP" 'content-range=bytes%2010-5/9'
	kernel_refuses 111 "the answer's headers are not valid HTTP" garbage=negative
	kernel_refuses 111 "the answer's headers are not valid HTTP" garbage=huge
	kernel_refuses 100 'the server sent it with a Content-Encoding that nobody asked for: gzip' \
		'header=Content-Encoding:%20gzip'
}

atf_test_case a_body_that_is_not_as_long_as_promised
a_body_that_is_not_as_long_as_promised_body() {
	kernel_serve
	short='the answer ended early, with fewer bytes than the server promised'
	kernel_refuses 111 "$short" cut=1000
	kernel_refuses 111 "$short" 'cut=1000 chunked'
	kernel_refuses 111 "$short" 'cut=1000 no-length'
	kernel_refuses 111 "the server's Content-Length 65546 does not fit its Content-Range" length=+10
	kernel_refuses 111 "the server's Content-Length 65526 does not fit its Content-Range" length=-10
	kernel_refuses 111 'the answer is longer than the server promised' \
		'no-range status=206 header=Content-Range:%20bytes%200-65535/4198400 no-length'
}

atf_test_case an_answer_that_is_no_http
an_answer_that_is_no_http_body() {
	kernel_serve
	for kind in binary long endless no-status; do
		kernel_refuses 111 "the answer's headers are not valid HTTP" "garbage=$kind"
	done
	kernel_refuses 111 'the server closed the connection without an answer' 'cut-head=0'
}

atf_init_test_cases() {
	atf_add_test_case a_missing_image
	atf_add_test_case a_forbidden_image
	atf_add_test_case a_failing_server_gets_time_to_recover
	atf_add_test_case a_server_without_ranges
	atf_add_test_case another_range_than_asked_for
	atf_add_test_case a_body_that_is_not_as_long_as_promised
	atf_add_test_case an_answer_that_is_no_http
}
