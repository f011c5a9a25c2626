#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# Few requests on the wire: equal and overlapping misses share a fetch, fetches share connections.
# shellcheck disable=SC2119,SC2154 # what kernel.sh sets

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/kernel.sh
. "$support/kernel.sh"

atf_test_case equal_requests_share_one_fetch
equal_requests_share_one_fetch_body() {
	kernel_serve
	kernel_run <<-EOF
		ready
		open image
		wait
		sh : >log; ./fault delay=200
		read 1 1M 128K
		read 1 1M 128K
		read 1 1M 128K
		read 1 1M 4K
		wait
		sh test \$(wc -l <log) -eq 1
	EOF
}

atf_test_case overlapping_requests_fetch_no_byte_twice
overlapping_requests_fetch_no_byte_twice_body() {
	kernel_serve
	kernel_run <<-EOF
		ready
		open image
		wait
		sh : >log; ./fault delay=200
		read 1 1M 128K
		read 1 1088K 128K
		read 1 960K 128K
		read 1 900K 512K
		wait
	EOF
	atf_check_equal "" "$(kernel_twice)"
}

atf_test_case a_reader_makes_far_fewer_requests_than_misses
a_reader_makes_far_fewer_requests_than_misses_body() {
	kernel_serve 40000000
	kernel_run <<-EOF
		ready
		open image
		scan 1 32K
		check misses > 1000
		check requests < 150
	EOF
	# The next read may come in before libcurl is through with the last transfer.
	[ "$(kernel_connections)" -le 3 ] || atf_fail "$(kernel_connections) connections for one reader"
}

atf_test_case many_fetches_need_a_bounded_number_of_connections
many_fetches_need_a_bounded_number_of_connections_body() {
	kernel_serve 40000000
	kernel_run <<-EOF
		ready
		open image
		random 1 2000 5 4K
	EOF
	requests=$(kernel_logged)
	connections=$(kernel_connections)
	[ "$requests" -gt 1000 ] || atf_fail "$requests requests are too few to prove anything"
	[ "$connections" -le 64 ] || atf_fail "$connections connections"
}

atf_test_case scattered_reads_of_a_tenth_pull_less_than_fifteen_percent
scattered_reads_of_a_tenth_pull_less_than_fifteen_percent_body() {
	kernel_serve 40000000
	size=$(stat -c %s want.erofs)
	for len in 4K 16K 128K; do
		kernel_run <<-EOF
			ready
			open image
			sample 1 10 3 $len
		EOF
		echo "pieces of $len: $(kernel_pulled) of $size bytes"
		[ "$(kernel_pulled)" -lt $((size * 15 / 100)) ] || atf_fail "$(kernel_pulled) of $size bytes"
		: >log
	done
}

atf_init_test_cases() {
	atf_add_test_case equal_requests_share_one_fetch
	atf_add_test_case overlapping_requests_fetch_no_byte_twice
	atf_add_test_case a_reader_makes_far_fewer_requests_than_misses
	atf_add_test_case many_fetches_need_a_bounded_number_of_connections
	atf_add_test_case scattered_reads_of_a_tenth_pull_less_than_fifteen_percent
}
