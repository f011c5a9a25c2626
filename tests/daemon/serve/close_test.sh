#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# Objects that the kernel closes while bytes for them are under way: nobody is kept waiting, and nothing is written.
# shellcheck disable=SC2119,SC2154 # what kernel.sh sets

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/verity.sh
. "$support/verity.sh"

atf_test_case what_flies_for_a_closed_object_is_cancelled
what_flies_for_a_closed_object_is_cancelled_body() {
	kernel_serve 20000000
	# Half a minute for each of the long reads.
	kernel_run <<-EOF
		ready
		open image
		wait
		sh ./fault rate=64000
		read 1 1M 2M =long
		read 1 9M 2M =long
		read 1 1M 4K =first
		wait first
		pending long
		close 1
		ports 0
		sh until [ \$(grep -c ' gone$' log) -ge 2 ]; do sleep 0.02; done
		sh ./fault
		open image
		scan 2 128K
		ports 1
	EOF
	# What was in the cache file is there.
	atf_check_equal '' "$(sed -n '/ ok$/p' log >whole && mv whole log && kernel_twice)"
}

# The limits: 48 places on the wire, and 10 s until a server is called silent.
atf_test_case transfers_that_stall_for_a_closed_object_are_in_nobodys_way
transfers_that_stall_for_a_closed_object_are_in_nobodys_way_body() {
	kernel_serve 20000000
	{
		printf '%s\n' ready 'open image' wait 'sh ./fault silent'
		for i in $(seq 1 100); do echo "read 1 ${i}80K 4K"; done
		printf '%s\n' settle 'close 1' 'ports 0' 'sh ./fault' 'open image'
		for i in $(seq 1 100); do echo "read 2 ${i}80K 4K"; done
		printf '%s\n' wait 'ports 1'
	} >commands
	kernel_run --patience 9 <commands
}

atf_test_case hashes_that_stall_for_a_closed_object_come_for_the_next
hashes_that_stall_for_a_closed_object_come_for_the_next_body() {
	verity_serve 20000000
	kernel_run <<-EOF
		ready
		open image
		wait
		sh ./fault silent path=/x.erofs.verity
		read 1 18M 64K
		read 1 12M 64K
		settle
		close 1
		ports 0
		sh ./fault
		open image
		read 2 18M 64K
		read 2 15M 64K
		wait
		scan 2 128K
		check wrong == 0
	EOF
}

# A reader that comes while the kernel closes may be heard of afterwards; the kernel has failed it by then.
atf_test_case a_read_behind_the_close_is_nobodys
a_read_behind_the_close_is_nobodys_body() {
	kernel_serve
	kernel_run <<-EOF
		ready
		open image
		wait
		close 1
		raw f0ffffff 02000000 20000000 01000000 0000100000000000 0010000000000000
		log blobroot: cachefiles: a read of an object that is not open: 1
		open image
		scan 2 128K
		ports 1
	EOF
}

atf_init_test_cases() {
	atf_add_test_case what_flies_for_a_closed_object_is_cancelled
	atf_add_test_case transfers_that_stall_for_a_closed_object_are_in_nobodys_way
	atf_add_test_case hashes_that_stall_for_a_closed_object_come_for_the_next
	atf_add_test_case a_read_behind_the_close_is_nobodys
}
