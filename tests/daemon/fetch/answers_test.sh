#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# Lawful answers that are not the plain one: parts of a range, whole small files, sizes that are not said.
# shellcheck disable=SC2034,SC2119,SC2154 # what verity.sh sets, and is told

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/verity.sh
. "$support/verity.sh"

# The next image is shorter than the first request.
verity_serve_small() {
	kernel_blob www/x.erofs 20000
	cp www/x.erofs want.erofs
	rm www/x.erofs.verity
	verity_format www/x.erofs www/x.erofs.verity
	verity_trust
}

# Image and tree are shorter than the first request. Every answer to it is one that servers give.
atf_test_case an_image_shorter_than_the_first_request
an_image_shorter_than_the_first_request_body() {
	verity_serve 20000
	[ "$(stat -c %s www/x.erofs)" -lt 65536 ] || atf_fail 'no image is so small'
	proven=$kernel_trust
	for kernel_trust in rd.blob.insecure "$proven"; do
		verity_scans beyond=416
		verity_scans 'beyond=416 content-range=bytes%20*/*'
		verity_scans beyond=400
		verity_scans beyond=206
		verity_scans beyond=200
		verity_scans 'beyond=200 chunked'
		verity_scans 'beyond=200 http10 no-length'
		verity_scans no-range
	done
	# Two requests for what a server says is there, three if it does not say it.
	: >log
	verity_scans beyond=416
	atf_check_equal 4 "$(kernel_logged)"
	: >log
	verity_scans beyond=400
	atf_check_equal 4 "$(kernel_logged)"
}

atf_test_case a_server_that_sends_a_part_at_a_time
a_server_that_sends_a_part_at_a_time_body() {
	verity_serve
	proven=$kernel_trust
	for kernel_trust in rd.blob.insecure "$proven"; do
		verity_scans shorten=16K
		atf_check_equal 0 "$(verity_lines 'trying again')"
		verity_scans 'shorten=5000 percent=50 seed=3'
		atf_check_equal 0 "$(verity_lines 'trying again')"
	done
	verity_scans 'shorten=16K beyond=416'
	# One that does so after the boot has begun.
	httpd_fault
	kernel_run <<-EOF
		ready
		open image
		read 1 0 128K
		wait
		sh ./fault shorten=1000
		read 1 1M 128K
		wait
		check failed == 0
	EOF
}

atf_test_case a_size_that_is_not_said_is_the_root_hash_s_or_refused
a_size_that_is_not_said_is_the_root_hash_s_or_refused_body() {
	verity_serve
	verity_scans 'total=*'
	verity_scans 'total=* shorten=16K'
	proven=$kernel_trust
	kernel_trust=rd.blob.insecure
	kernel_refuses 100 'the server does not say how long it is (bytes A-B/[*] in Content-Range), nor does a root hash' 'total=*'
	# Once it is known, it need not be said.
	httpd_fault 'total=* skip=1'
	kernel_run <<-EOF
		ready
		open image
		scan 1 128K
	EOF
	verity_serve_small
	verity_scans 'total=*'
	verity_scans 'total=* beyond=416'
}

atf_init_test_cases() {
	atf_add_test_case an_image_shorter_than_the_first_request
	atf_add_test_case a_server_that_sends_a_part_at_a_time
	atf_add_test_case a_size_that_is_not_said_is_the_root_hash_s_or_refused
}
