#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# A slow range holds up nobody but its own readers. Patience is shorter than the ten seconds after which the engine
# gives up a silent transfer.
# shellcheck disable=SC2119,SC2154 # what kernel.sh sets

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/kernel.sh
. "$support/kernel.sh"

atf_test_case another_extent_is_answered_while_one_hangs
another_extent_is_answered_while_one_hangs_body() {
	kernel_serve
	kernel_run --patience 8 <<-EOF
		ready
		open image
		wait
		sh ./fault silent offset=1M
		read 1 1M 4K =slow
		read 1 2M 4K =quick
		wait quick
		random 1 1 9 4K
		pending slow
		abandon slow
	EOF
}

atf_test_case another_object_is_answered_while_one_hangs
another_object_is_answered_while_one_hangs_body() {
	kernel_serve
	kernel_noise www/other 1000000
	kernel_run --patience 8 <<-EOF
		ready
		open image
		wait
		sh ./fault silent path=/x.erofs
		read 1 1M 128K =slow
		settle
		source other www/other
		open other
		scan 2 128K
		pending slow
		abandon slow
	EOF
}

atf_test_case a_far_part_of_a_slow_extent_is_fetched_beside_it
a_far_part_of_a_slow_extent_is_fetched_beside_it_body() {
	kernel_serve
	kernel_run --patience 8 <<-EOF
		ready
		open image
		wait
		sh ./fault stall=65536 offset=1M
		read 1 1M 2M =slow
		settle
		read 1 2M 4K =quick
		wait quick
		pending slow
		abandon slow
	EOF
}

atf_test_case the_first_bytes_of_an_extent_are_answered_before_its_last
the_first_bytes_of_an_extent_are_answered_before_its_last_body() {
	kernel_serve
	kernel_run --patience 8 <<-EOF
		ready
		open image
		wait
		sh ./fault stall=8192 offset=1M
		# After two seconds a second try may begin behind those bytes. It gets nothing.
		sh echo 'silent offset=1100K skip=1' >faults/rival
		read 1 1M 128K =all
		read 1 1M 4K =first
		read 1 1028K 4K =second
		wait first
		wait second
		pending all
		abandon all
	EOF
}

atf_test_case forty_hanging_ranges_leave_room_for_another
forty_hanging_ranges_leave_room_for_another_body() {
	kernel_serve 20000000
	kernel_noise www/other 1000000
	{
		printf '%s\n' ready 'open image' wait 'sh ./fault silent path=/x.erofs'
		for i in $(seq 1 40); do
			echo "read 1 $((i * 100))K 4K =slow"
		done
		printf '%s\n' 'source other www/other' 'open other' 'scan 2 64K' 'pending slow' 'abandon slow'
	} >commands
	kernel_run --patience 8 <commands
}

atf_init_test_cases() {
	atf_add_test_case another_extent_is_answered_while_one_hangs
	atf_add_test_case another_object_is_answered_while_one_hangs
	atf_add_test_case a_far_part_of_a_slow_extent_is_fetched_beside_it
	atf_add_test_case the_first_bytes_of_an_extent_are_answered_before_its_last
	atf_add_test_case forty_hanging_ranges_leave_room_for_another
}
