#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# What the cache store refuses fails its readers, and says so once; what is cached stays readable.
# shellcheck disable=SC2119,SC2154 # what kernel.sh sets

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/kernel.sh
. "$support/kernel.sh"

atf_test_case a_full_store_fails_new_reads_only
a_full_store_fails_new_reads_only_body() {
	kernel_serve
	for error in ENOSPC ENOBUFS; do
		kernel_run <<-EOF
			ready
			open image
			read 1 1M 128K
			wait
			fill $error
			read 1 2M 128K
			read 1 3M 4K
			wait all eio
			log blobroot: cache store: full: bytes * of $url/x.erofs find no room (rd.blob.cache=ram:SIZE): reads of new data fail, what is cached stays readable
			read 1 1M 128K
			wait
			fill ok
			read 1 2M 128K
			wait
			scan 1 128K
		EOF
		atf_check_equal 1 "$(grep -c '^log: .*cache store: full' out)"
	done
}

atf_test_case a_store_that_fails_is_named
a_store_that_fails_is_named_body() {
	kernel_serve
	kernel_run <<-EOF
		ready
		open image
		read 1 0 4K
		wait
		fill EIO 1
		read 1 2M 4K
		wait all eio
		log blobroot: cache store: cannot write bytes 2097152-2101247 of $url/x.erofs: I/O error: such reads fail
		read 1 2M 4K
		wait
	EOF
}

atf_test_case writes_that_take_a_part_are_finished
writes_that_take_a_part_are_finished_body() {
	kernel_serve
	kernel_run <<-EOF
		ready
		fill short
		open image
		scan 1 128K
		random 1 50 1 1M
	EOF
}

atf_test_case interrupted_writes_are_repeated
interrupted_writes_are_repeated_body() {
	kernel_serve
	kernel_run <<-EOF
		ready
		fill EINTR 10
		open image
		scan 1 128K
	EOF
}

# The kernel answers copen before its worker has opened the cache file (fs/cachefiles/ondemand.c).
atf_test_case a_cache_file_that_is_late_costs_no_read
a_cache_file_that_is_late_costs_no_read_body() {
	kernel_serve
	kernel_run <<-EOF
		ready
		fill late
		open image
		wait
		settle
		read 1 0 4K
		wait
		scan 1 128K
	EOF
}

atf_init_test_cases() {
	atf_add_test_case a_full_store_fails_new_reads_only
	atf_add_test_case a_store_that_fails_is_named
	atf_add_test_case writes_that_take_a_part_are_finished
	atf_add_test_case interrupted_writes_are_repeated
	atf_add_test_case a_cache_file_that_is_late_costs_no_read
}
