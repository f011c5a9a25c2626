#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# Objects that close and open again, whatever happens in between.
# shellcheck disable=SC2119,SC2154 # what kernel.sh sets

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/kernel.sh
. "$support/kernel.sh"

atf_test_case a_cookie_may_close_and_open_again_between_two_reads
a_cookie_may_close_and_open_again_between_two_reads_body() {
	kernel_serve 20000000
	httpd_fault 'delay=5 skip=1'
	{
		printf '%s\n' ready 'open image' wait
		for i in $(seq 1 60); do
			# Read by the engine, in part, before it sees the rest; or all at once.
			[ $((i % 3)) -ne 0 ] || echo "read $i ${i}03K 200K"
			[ $((i % 3)) -ne 1 ] || printf '%s\n' "read $i ${i}07K 200K" settle
			printf '%s\n' "close $i" 'open image' "read $((i + 1)) ${i}00K 200K =new" \
				"read $((i + 1)) $((19000 - i * 100))K 64K =new"
			[ $((i % 4)) -ne 0 ] || echo 'wait new'
		done
		printf '%s\n' wait 'ports 1' 'scan 61 128K' 'check failed < 60'
	} >commands
	kernel_run <commands
}

atf_test_case an_engine_may_die_between_close_and_open
an_engine_may_die_between_close_and_open_body() {
	kernel_serve
	# CLOSE is read, or lies there; or OPEN as well; or the engine was dead before, and there is no CLOSE.
	for orders in 'close 1,settle,kill,start,open image' 'close 1,kill,start,open image' \
		'close 1,open image,kill,start' 'kill,close 1,start,open image' 'kill,start,close 1,open image'; do
		: >log
		{
			printf '%s\n' ready 'open image' 'read 1 0 1M' wait 'sh ./fault silent' 'read 1 2M 64K' settle
			echo "$orders" | tr , '\n'
			printf '%s\n' 'sh ./fault' 'read 2 2M 64K' wait 'scan 2 128K' 'ports 1'
		} >commands
		kernel_run <commands
		sed -n '/ ok$/p' log >whole && cat whole >log
		atf_check_equal '' "$(kernel_twice)"
	done
}

# Its opener was killed: the kernel says so by refusing the answer, and in no other way.
atf_test_case one_that_is_gone_before_it_is_open_leaves_nothing_behind
one_that_is_gone_before_it_is_open_leaves_nothing_behind_body() {
	kernel_serve
	kernel_noise www/other 200001 2
	kernel_run <<-EOF
		ready
		source other www/other
		sh ./fault delay=500 path=/other
		open other
		settle
		close 1
		open image
		wait
		ports 1
		sh ./fault
		open other
		scan 3 4K
		scan 2 128K
		ports 2
	EOF
}

atf_init_test_cases() {
	atf_add_test_case a_cookie_may_close_and_open_again_between_two_reads
	atf_add_test_case an_engine_may_die_between_close_and_open
	atf_add_test_case one_that_is_gone_before_it_is_open_leaves_nothing_behind
}
