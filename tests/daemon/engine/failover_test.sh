#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# An engine that dies is followed by another, and no reader notices but by the time it takes.
# shellcheck disable=SC2119,SC2154 # what kernel.sh sets

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/kernel.sh
. "$support/kernel.sh"

atf_test_case a_killed_engine_leaves_its_reads_to_the_next
a_killed_engine_leaves_its_reads_to_the_next_body() {
	kernel_serve
	kernel_run <<-EOF
		ready
		open image
		read 1 1M 128K
		wait
		sh ./fault silent
		read 1 2M 128K
		read 1 3M 4K
		settle
		kill
		sh ./fault
		start
		wait
		scan 1 128K
		ports 1
	EOF
}

atf_test_case the_next_engine_knows_what_is_cached
the_next_engine_knows_what_is_cached_body() {
	kernel_serve
	kernel_run <<-EOF
		ready
		open image
		scan 1 1M
		kill
		sh : >log
		start
		scan 1 4K
		sh ! grep . log
	EOF
}

atf_test_case the_next_engine_needs_no_server_to_start
the_next_engine_needs_no_server_to_start_body() {
	kernel_serve
	kernel_noise www/other 200001 2
	kernel_run <<-EOF
		ready
		source other www/other
		open image
		open other
		scan 1 1M
		scan 2 1M
		kill
		sh ./fault silent
		start
		random 1 50 1 64K
		random 2 50 1 64K
	EOF
}

atf_test_case an_open_under_way_is_answered_by_the_next
an_open_under_way_is_answered_by_the_next_body() {
	kernel_serve
	kernel_noise www/other 200001 2
	kernel_run <<-EOF
		ready
		source other www/other
		sh ./fault silent
		open other
		read 1 0 4K
		settle
		kill
		sh ./fault
		start
		wait
		scan 1 64K
		ports 1
	EOF
}

atf_test_case many_deaths_cost_no_byte
many_deaths_cost_no_byte_body() {
	kernel_serve 20000000
	{
		printf '%s\n' ready 'open image' wait
		for i in $(seq 1 20); do
			for j in $(seq 1 10); do
				echo "read 1 $(((i * 7919 + j * 104729) % 19000))K 64K"
			done
			printf '%s\n' settle kill start
		done
		printf '%s\n' wait 'scan 1 1M'
	} >commands
	kernel_run <commands
}

atf_test_case counters_go_on_where_the_last_engine_ended
counters_go_on_where_the_last_engine_ended_body() {
	kernel_serve
	kernel_run <<-EOF
		ready
		open image
		scan 1 128K
		check misses == 33
		kill
		start
		scan 1 128K
		check misses == 66
		check fetched > 4M
	EOF
}

atf_init_test_cases() {
	atf_add_test_case a_killed_engine_leaves_its_reads_to_the_next
	atf_add_test_case the_next_engine_knows_what_is_cached
	atf_add_test_case the_next_engine_needs_no_server_to_start
	atf_add_test_case an_open_under_way_is_answered_by_the_next
	atf_add_test_case many_deaths_cost_no_byte
	atf_add_test_case counters_go_on_where_the_last_engine_ended
}
