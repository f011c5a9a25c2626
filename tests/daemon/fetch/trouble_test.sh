#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# Trouble that passes costs time and no byte; a bounded wait ends in EIO.
# shellcheck disable=SC2016,SC2119,SC2154 # awk's own expansions; what kernel.sh sets

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/kernel.sh
. "$support/kernel.sh"

atf_test_case bodies_cut_short_go_on_where_they_ended
bodies_cut_short_go_on_where_they_ended_body() {
	kernel_serve
	kernel_run <<-EOF
		ready
		open image
		wait
		sh ./fault cut=100001 percent=70 seed=3
		scan 1 128K
		sh ./fault reset=30000 percent=50 seed=3
		log *: bytes *: the answer ended early, with fewer bytes than the server promised: trying again
		log *: the server answers again after * s
		sh : >log
		source image want.erofs
		open image other-volume
		random 2 100 4 256K
		sh grep ' reset$' log
	EOF
}

atf_test_case statuses_that_pass_are_waited_out
statuses_that_pass_are_waited_out_body() {
	kernel_serve
	kernel_run <<-EOF
		ready
		open image
		wait
		sh ./fault status=503 count=4
		read 1 1M 4K
		wait
		sh ./fault status=500 count=2
		read 1 2M 4K
		wait
		log *: bytes 2097152-2101247: the server answers 500 (Internal Server Error): trying again
		sh ./fault garbage=binary count=1
		read 1 3M 4K
		wait
		sh ./fault hangup
		scan 1 64K
	EOF
}

atf_test_case a_server_that_names_a_time_is_not_asked_before
a_server_that_names_a_time_is_not_asked_before_body() {
	kernel_serve
	kernel_run <<-EOF
		ready
		open image
		wait
		sh ./fault status=429 retry-after=2 count=1; cat /proc/uptime >before
		read 1 1M 4K
		wait
		sh cat /proc/uptime >after
		log *: bytes 1048576-1052671: the server answers 429 (Too Many Requests), and is to be asked again after 2 s: trying again
	EOF
	# To a hundredth, of a clock that nobody sets.
	atf_check -o ignore awk '{ waited = $1 - waited } END { print waited; exit waited < 1.98 }' before after
	atf_check_equal 1 "$(kernel_logged ' 429 ')"
}

atf_test_case a_read_fails_when_its_time_is_up
a_read_fails_when_its_time_is_up_body() {
	kernel_serve
	kernel_run -- rd.blob.timeout=4 <<-EOF
		ready
		open image
		wait
		sh ./fault silent
		read 1 1M 4K
		read 1 2M 128K
		wait all eio
		log *: bytes 1048576-1052671: not here after 4 s (rd.blob.timeout=): this read fails
		sh ./fault
		read 1 3M 4K
		wait
		check failed == 2
	EOF
}

atf_test_case a_read_waits_for_ever_by_default
a_read_waits_for_ever_by_default_body() {
	kernel_serve
	kernel_run <<-EOF
		ready
		open image
		wait
		sh ./fault silent
		read 1 1M 4K
		log *: waiting for bytes 1048576-1052671: * s so far, * bytes fetched since the start, with no end set (rd.blob.timeout=)
		log *: bytes 1048576-1052671: the server is silent, not a byte for 10 s: trying again
		sh ./fault
		wait
	EOF
}

atf_test_case a_late_404_is_waited_out
a_late_404_is_waited_out_body() {
	kernel_serve
	kernel_run <<-EOF
		ready
		open image
		wait
		sh ./fault status=404 count=2
		read 1 1M 4K
		wait
	EOF
}

atf_init_test_cases() {
	atf_add_test_case bodies_cut_short_go_on_where_they_ended
	atf_add_test_case statuses_that_pass_are_waited_out
	atf_add_test_case a_server_that_names_a_time_is_not_asked_before
	atf_add_test_case a_read_fails_when_its_time_is_up
	atf_add_test_case a_read_waits_for_ever_by_default
	atf_add_test_case a_late_404_is_waited_out
}
