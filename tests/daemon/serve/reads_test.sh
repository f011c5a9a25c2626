#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# Every byte that the kernel is shown is the server's, however it asks.
# shellcheck disable=SC2119,SC2154 # what kernel.sh sets

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/kernel.sh
. "$support/kernel.sh"

atf_test_case a_sequential_reader_gets_every_byte
a_sequential_reader_gets_every_byte_body() {
	kernel_serve 20000000
	kernel_run <<-EOF
		ready
		open image
		scan 1 128K
	EOF
	# Nothing is fetched twice.
	atf_check_equal "$(stat -c %s want.erofs)" "$(kernel_pulled)"
}

atf_test_case random_reads_in_flight_together_get_their_bytes
random_reads_in_flight_together_get_their_bytes_body() {
	kernel_serve 20000000
	kernel_run <<-EOF
		ready
		open image
		wait
		random 1 500 1 4K
		random 1 1000 2 128K
		random 1 100 3 4M
	EOF
	[ "$(kernel_pulled)" -le "$(stat -c %s want.erofs)" ] || atf_fail "bytes were fetched twice"
}

atf_test_case more_reads_than_the_tables_hold_get_their_bytes
more_reads_than_the_tables_hold_get_their_bytes_body() {
	kernel_serve 20000000
	httpd_fault 'delay=100 skip=1'
	kernel_run <<-EOF
		ready
		open image
		wait
		limit 4096
		random 1 6000 1 8K
	EOF
}

atf_test_case a_blob_may_end_inside_a_block
a_blob_may_end_inside_a_block_body() {
	kernel_serve
	for bytes in 1 4095 4097 65537 200001; do
		kernel_noise "www/odd.$bytes" "$bytes"
	done
	kernel_run <<-EOF
		ready
		source odd.1 www/odd.1
		source odd.4095 www/odd.4095
		source odd.4097 www/odd.4097
		source odd.65537 www/odd.65537
		source odd.200001 www/odd.200001
		open odd.1
		open odd.4095
		open odd.4097
		open odd.65537
		open odd.200001
		read 1 0 4096
		read 2 0 4096
		read 3 4096 4096
		read 4 65536 4096
		read 5 196608 4096
		wait
		scan 3 128K
		scan 4 4K
		scan 5 128K
	EOF
}

atf_test_case what_is_cached_is_not_fetched_again
what_is_cached_is_not_fetched_again_body() {
	kernel_serve
	kernel_run <<-EOF
		ready
		open image
		scan 1 1M
		sh : >log
		scan 1 4K
		sh ! grep . log
	EOF
}

atf_test_case neither_etag_nor_date_is_no_hindrance
neither_etag_nor_date_is_no_hindrance_body() {
	kernel_serve
	for rules in no-etag chunked 'chunked no-etag' http10 no-length close; do
		httpd_fault "$rules"
		kernel_run <<-EOF
			ready
			open image
			scan 1 128K
			random 1 50 3 64K
		EOF
	done
}

atf_init_test_cases() {
	atf_add_test_case a_sequential_reader_gets_every_byte
	atf_add_test_case random_reads_in_flight_together_get_their_bytes
	atf_add_test_case more_reads_than_the_tables_hold_get_their_bytes
	atf_add_test_case a_blob_may_end_inside_a_block
	atf_add_test_case what_is_cached_is_not_fetched_again
	atf_add_test_case neither_etag_nor_date_is_no_hindrance
}
