#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# However often a server changes what there is to say, the console has a few lines of it, and the number of the others.
# shellcheck disable=SC2119,SC2154 # what kernel.sh sets

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/verity.sh
. "$support/verity.sh"

atf_test_case a_server_that_fails_again_and_again_does_not_flood_the_console
a_server_that_fails_again_and_again_does_not_flood_the_console_body() {
	verity_serve 8000000
	kernel_run <<-SCRIPT
		ready
		open image
		wait
		sh ./fault status=500 percent=50 seed=3
		random 1 200 1 4K
		sh ./fault
		log *: lines left out: *, like this one: $url/x.erofs: *
		log *: lines left out: *, like this one: $url/x.erofs: *
		check failed == 0
	SCRIPT
	lines=$(grep -c '^log: ' out)
	echo "$lines lines"
	[ "$lines" -lt 40 ] || atf_fail "$lines lines"
}

atf_test_case many_wrong_blocks_that_are_read_in_turn_do_not_flood_the_console
many_wrong_blocks_that_are_read_in_turn_do_not_flood_the_console_body() {
	verity_serve 8000000
	for block in $(seq 200 250); do verity_change www/x.erofs "$block"; done
	{
		printf '%s\n' ready 'open image' wait
		for block in 200 202 200 202 200 202 $(seq 200 2 250) $(seq 200 2 250); do
			printf '%s\n' "read 1 $((block * 4096)) 4K" 'wait all eio'
		done
	} | kernel_run
	lines=$(grep -c '^log: ' out)
	echo "$lines lines"
	[ "$lines" -lt 30 ] || atf_fail "$lines lines"
}

atf_test_case what_was_left_out_is_told_though_nobody_reads
what_was_left_out_is_told_though_nobody_reads_body() {
	verity_serve 16000000
	# Nobody waits for what is fetched to complete the store.
	kernel_run --patience 120 -- rd.blob.complete=1m <<-SCRIPT
		ready
		open image
		read 1 1M 4K
		wait
		sh ./fault status=500 percent=50 seed=3
		log *: log: lines left out: *, like this one: $url/x.erofs: *
	SCRIPT
}

atf_init_test_cases() {
	atf_add_test_case a_server_that_fails_again_and_again_does_not_flood_the_console
	atf_add_test_case many_wrong_blocks_that_are_read_in_turn_do_not_flood_the_console
	atf_add_test_case what_was_left_out_is_told_though_nobody_reads
}
