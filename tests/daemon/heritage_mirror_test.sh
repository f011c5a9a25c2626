#!/usr/bin/env atf-sh
# shellcheck shell=sh
# shellcheck source=tests/support/verity.sh
# SPDX-License-Identifier: MIT
#
# What an engine knew of its mirrors is known to the next one; what an enemy leaves in its place does no harm.
# shellcheck disable=SC2016,SC2119,SC2154 # awk's own expansions; what kernel.sh sets

# learns OPTION FAULT: the script of an engine that finds out about the first mirror, and is killed. From there on the
# mirror is well, and whoever asks it is in the log.
learns() {
	printf '%s\n' ready 'open image' wait "sh ./fault $1" 'sample 1 5 1 4K' "sh ./fault; : >log" kill
}

# What engines ask that begin now: transfers of the dead one end as gone.
asks_the_other='sh grep "^GET /b/x.erofs .* ok$" log && ! grep "^GET /x.erofs.* ok$" log'

atf_test_case who_fails_stalls_or_crawls_is_not_asked_first_by_the_next_engine
who_fails_stalls_or_crawls_is_not_asked_first_by_the_next_engine_body() {
	. "$(atf_get_srcdir)/../support/verity.sh"
	verity_serve_two
	for fault in status=503 silent rate=3000 cut-head=0; do
		{
			learns "$fault path=/x.erofs"
			printf '%s\n' start 'read 1 3M 4K' wait 'read 1 2M 4K' wait "$asks_the_other"
		} >commands
		kernel_run <commands
	done
}

atf_test_case the_keeper_hands_it_on_and_so_does_an_upgrade
the_keeper_hands_it_on_and_so_does_an_upgrade_body() {
	. "$(atf_get_srcdir)/../support/verity.sh"
	verity_serve_two
	{
		learns 'silent path=/x.erofs'
		printf '%s\n' 'read 1 3M 4K' wait "$asks_the_other" \
			"sh $kernel_blobrootd upgrade --run run $kernel_blobrootd" 'read 1 2M 4K' wait "$asks_the_other"
	} >commands
	kernel_run --start <commands
}

atf_test_case who_lied_is_not_asked_first_by_the_next_engine
who_lied_is_not_asked_first_by_the_next_engine_body() {
	. "$(atf_get_srcdir)/../support/verity.sh"
	verity_serve_two
	# shellcheck disable=SC2046 # numbers
	verity_change www/x.erofs $(seq 100 5 1000)
	{
		learns ''
		printf '%s\n' start 'read 1 3M 4K' wait 'check wrong > 0' "$asks_the_other"
	} >commands
	kernel_run <commands
}

# 4900 blocks: the first contact brings the hashes of the first 1800.
atf_test_case who_lied_about_hashes_is_not_asked_for_them_by_the_next_engine
who_lied_about_hashes_is_not_asked_for_them_by_the_next_engine_body() {
	. "$(atf_get_srcdir)/../support/verity.sh"
	verity_serve_two 20000000
	# shellcheck disable=SC2046 # numbers
	verity_change www/x.erofs.verity $(seq 17 40)
	kernel_run <<-EOF
		ready
		open image
		read 1 10M 4K
		wait
		check wrong > 0
		sh : >log
		kill
		start
		read 1 18M 4K
		wait
		sh grep "^GET /b/x.erofs.verity .* ok$" log && ! grep "^GET /x.erofs.verity .* ok$" log
	EOF
}

atf_test_case a_time_that_a_server_named_is_kept_by_the_next_engine
a_time_that_a_server_named_is_kept_by_the_next_engine_body() {
	. "$(atf_get_srcdir)/../support/verity.sh"
	verity_serve
	kernel_run <<-EOF
		ready
		open image
		wait
		sh cat /proc/uptime >before; ./fault status=429 retry-after=3 count=1
		read 1 3M 4K
		log *and is to be asked again after 3 s: trying again
		kill
		start
		wait
		sh cat /proc/uptime >after
	EOF
	atf_check -o ignore awk '{ waited = $1 - waited } END { print waited; exit waited < 2.98 }' before after
}

atf_test_case any_bytes_in_its_place_do_no_harm
any_bytes_in_its_place_do_no_harm_body() {
	. "$(atf_get_srcdir)/../support/verity.sh"
	verity_serve_two 20000000
	{
		printf '%s\n' ready 'open image' wait
		for seed in $(seq 1 30); do
			printf '%s\n' kill "repute spoil $seed" start "random 1 10 $seed 64K" 'check failed == 0'
		done
		printf '%s\n' 'scan 1 128K' 'check failed == 0' 'check wrong == 0'
	} >commands
	kernel_run --patience 150 <commands
}

atf_init_test_cases() {
	atf_add_test_case who_fails_stalls_or_crawls_is_not_asked_first_by_the_next_engine
	atf_add_test_case the_keeper_hands_it_on_and_so_does_an_upgrade
	atf_add_test_case who_lied_is_not_asked_first_by_the_next_engine
	atf_add_test_case who_lied_about_hashes_is_not_asked_for_them_by_the_next_engine
	atf_add_test_case a_time_that_a_server_named_is_kept_by_the_next_engine
	atf_add_test_case any_bytes_in_its_place_do_no_harm
}
