#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# rd.blob.complete=: the rest of the image comes in while nobody reads, and then no server is needed.
# shellcheck disable=SC2119,SC2154 # what kernel.sh sets

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/verity.sh
. "$support/verity.sh"

atf_test_case the_rest_comes_and_no_server_is_needed
the_rest_comes_and_no_server_is_needed_body() {
	verity_serve
	kernel_run -- rd.blob.complete=100m <<-EOF
		ready
		open image
		read 1 1M 4K
		wait
		log blobroot: $url/x.erofs: all of it is here, * bytes: no server is needed any more
		sh ./fault silent
		scan 1 128K
		kill
		start
		scan 1 4K
		check failed == 0
		check wrong == 0
	EOF
	grep ' /x.erofs ' log >log.image
	mv log.image log
	atf_check_equal '' "$(kernel_twice | tr '\n' ' ')"
}

atf_test_case what_is_off_fetches_nothing
what_is_off_fetches_nothing_body() {
	verity_serve
	for word in rd.blob.insecure rd.blob.complete=off; do
		kernel_run -- $word <<-EOF
			ready
			open image
			read 1 1M 4K
			wait
			sh : >log
			sh sleep 1.5
			sh ! grep . log
		EOF
	done
}

atf_test_case an_engine_that_dies_in_between_is_followed_by_one_that_goes_on
an_engine_that_dies_in_between_is_followed_by_one_that_goes_on_body() {
	verity_serve
	kernel_run --start -- rd.blob.complete=2m <<-EOF
		ready
		open image
		read 1 1M 4K
		wait
		kill
		log blobroot: engine: killed by signal 9: the next one takes over in 0 ms
		read 1 2M 4K
		wait
		log blobroot: $url/x.erofs: all of it is here, *
		sh ./fault silent
		scan 1 128K
	EOF
}

atf_test_case an_image_that_the_store_cannot_hold_is_left_alone
an_image_that_the_store_cannot_hold_is_left_alone_body() {
	verity_serve
	kernel_run --room 3 -- rd.blob.complete=100m <<-EOF
		ready
		open image
		read 1 1M 4K
		wait
		log blobroot: $url/x.erofs: it has * bytes, and the store room for 3145728: rd.blob.complete= fetches nothing of it
		scan 1 128K
		check failed == 0
	EOF
}

atf_init_test_cases() {
	atf_add_test_case the_rest_comes_and_no_server_is_needed
	atf_add_test_case what_is_off_fetches_nothing
	atf_add_test_case an_engine_that_dies_in_between_is_followed_by_one_that_goes_on
	atf_add_test_case an_image_that_the_store_cannot_hold_is_left_alone
}
