#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# What an engine knew of its mirrors is known to the next one; what an enemy leaves in its place does no harm.
# shellcheck disable=SC2016,SC2119,SC2154 # awk's own expansions; what kernel.sh sets

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/verity.sh
. "$support/verity.sh"

# holds [PATH]: the script's line from which on no reply begins, to requests for PATH or to any, before `sh rm gate`. The
# log, empty then, has a line for each request at once: so what is asked first is seen, however slow this machine is.
holds() { echo "sh : >gate; ./fault hold=gate ${1:+path=$1}; : >log"; }

# asks_the_other_first READ [FILE]: the script of a read whose first request, for FILE or what is like it, is to the other
# mirror.
asks_the_other_first() {
	printf '%s\n' "read 1 $1 4K" "until grep '^HELD GET .*${2:-x.erofs} [0-9]' log >held" \
		'sh head -n 1 held | grep -q "GET /b/"; rm gate' wait
}

# learns FAULT: the script of an engine that finds out about the first mirror.
learns() {
	printf '%s\n' ready 'open image' wait "sh ./fault $1 path=/x.erofs" 'sample 1 5 1 4K'
}

atf_test_case who_fails_stalls_or_crawls_is_not_asked_first_by_the_next_engine
who_fails_stalls_or_crawls_is_not_asked_first_by_the_next_engine_body() {
	verity_serve_two
	for fault in status=503 silent rate=3000 cut-head=0; do
		{
			learns "$fault"
			holds
			printf '%s\n' kill start
			asks_the_other_first 3M
			holds
			asks_the_other_first 2M
		} >commands
		kernel_run <commands
	done
}

atf_test_case the_keeper_hands_it_on_and_so_does_an_upgrade
the_keeper_hands_it_on_and_so_does_an_upgrade_body() {
	verity_serve_two
	{
		learns silent
		holds
		echo kill
		asks_the_other_first 3M
		echo "sh $kernel_blobrootd upgrade --run run $kernel_blobrootd"
		holds
		asks_the_other_first 2M
	} >commands
	kernel_run --start <commands
}

atf_test_case who_lied_is_not_asked_first_by_the_next_engine
who_lied_is_not_asked_first_by_the_next_engine_body() {
	verity_serve_two
	# shellcheck disable=SC2046 # numbers
	verity_change www/x.erofs $(seq 100 5 1000)
	{
		printf '%s\n' ready 'open image' wait
		# The honest one comes when the other one has lied.
		holds /b/x.erofs
		printf '%s\n' 'read 1 400K 4K' 'log *as sent by */x.erofs: trying again' 'sh rm gate faults/*' wait \
			'sample 1 5 1 4K' 'check wrong > 0'
		holds
		printf '%s\n' kill start
		asks_the_other_first 3M
	} >commands
	kernel_run <commands
}

# 4900 blocks: the first contact brings the hashes of the first 1800.
atf_test_case who_lied_about_hashes_is_not_asked_for_them_by_the_next_engine
who_lied_about_hashes_is_not_asked_for_them_by_the_next_engine_body() {
	verity_serve_two 20000000
	# shellcheck disable=SC2046 # numbers
	verity_change www/x.erofs.verity $(seq 17 40)
	{
		printf '%s\n' ready 'open image' wait
		holds /b/x.erofs.verity
		printf '%s\n' 'read 1 10M 4K' 'until grep "^GET /x.erofs.verity .* ok" log && grep "^HELD GET /b/" log' \
			'sh rm gate faults/*' wait 'check wrong > 0'
		holds
		printf '%s\n' kill start
		asks_the_other_first 18M x.erofs.verity
	} >commands
	kernel_run <commands
}

atf_test_case a_time_that_a_server_named_is_kept_by_the_next_engine
a_time_that_a_server_named_is_kept_by_the_next_engine_body() {
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
	verity_serve_two 20000000
	{
		printf '%s\n' ready 'open image' wait
		for seed in $(seq 1 30); do
			printf '%s\n' kill "stats spoil $seed" start "random 1 10 $seed 64K" 'check failed == 0'
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
