#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# Read-ahead never makes a reader wait, however its requests lie to the windows.
# shellcheck disable=SC2119,SC2154 # what kernel.sh sets

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/kernel.sh
. "$support/kernel.sh"

# readers LEN..: after 6 MiB in pieces of 128 KiB the reader asks for so much at once.
reads_on_with() {
	{
		printf '%s\n' ready 'open image'
		for i in $(seq 0 47); do
			printf '%s\n' "read 1 $((i * 128))K 128K" wait
		done
		printf '%s\n' "$@" wait
	} >commands
	kernel_run --patience 15 <commands
}

atf_test_case a_request_may_reach_over_several_windows
a_request_may_reach_over_several_windows_body() {
	kernel_serve 40000000
	for len in 256K 1M 2M 4M 16M; do
		reads_on_with "read 1 6M $len"
	done
}

atf_test_case another_reader_may_wait_inside_a_window
another_reader_may_wait_inside_a_window_body() {
	kernel_serve 40000000
	set --
	for i in $(seq 48 200); do
		set -- "$@" "read 1 $((i * 128))K 128K"
	done
	reads_on_with "$@"
	set --
	for i in $(seq 200 -7 48); do
		set -- "$@" "read 1 $((i * 128))K 1M"
	done
	reads_on_with "$@" 'scan 1 128K'
}

atf_test_case pieces_of_any_size_are_read_to_the_end
pieces_of_any_size_are_read_to_the_end_body() {
	kernel_serve 20000000
	for len in 4K 12K 100K 132K 260K 1000K 1M 3M; do
		kernel_run --patience 15 <<-EOF
			ready
			open image
			scan 1 $len
		EOF
		atf_check_equal "$(stat -c %s want.erofs)" "$(kernel_pulled)"
		: >log
	done
}

atf_init_test_cases() {
	atf_add_test_case a_request_may_reach_over_several_windows
	atf_add_test_case another_reader_may_wait_inside_a_window
	atf_add_test_case pieces_of_any_size_are_read_to_the_end
}
