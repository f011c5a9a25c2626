#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# The keeper: what it leaves in the run directory, how it replaces engines, and what its own death means.
# shellcheck disable=SC2119,SC2154 # what kernel.sh sets

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/kernel.sh
. "$support/kernel.sh"

# A distribution's initramfs and its real root share nothing but /run: what lies there is program and status client.
atf_test_case a_copy_in_the_run_directory_is_all_that_is_needed
a_copy_in_the_run_directory_is_all_that_is_needed_body() {
	kernel_serve
	mkdir -p run/home/bin
	cp "$kernel_blobrootd" run/home/bin/blobrootd
	kernel_blobrootd=$PWD/run/home/bin/blobrootd
	echo 1 >run/keeper.pid
	kernel_run --start <<-EOF
		ready
		open image
		scan 1 1M
		sh run/home/bin/blobrootd status --run run state | grep -x ready
		sh run/home/bin/blobrootd status --run run keeper | cmp - run/keeper.pid
		sh kill -0 \$(cat run/keeper.pid)
		sh test "\$(stat -c %a run/keeper.pid)" = 644 && test ! -e run/keeper.pid.new
		sh rm run/home/bin/blobrootd
		kill
		log blobroot: engine: killed by signal 9: the next one takes over in 0 ms
		scan 1 128K
	EOF
}

atf_test_case the_keeper_starts_the_next_engine
the_keeper_starts_the_next_engine_body() {
	kernel_serve
	kernel_run --start <<-EOF
		ready
		open image
		read 1 1M 128K
		wait
		sh ./fault silent
		read 1 2M 128K
		read 1 3M 4K
		settle
		sh ./fault
		kill
		log blobroot: engine: killed by signal 9: the next one takes over in 0 ms
		wait
		random 1 20 1 64K
		kill
		log blobroot: engine: killed by signal 9: the next one takes over in 0 ms
		read 1 0 64K
		scan 1 128K
		sh $kernel_blobrootd status --run run restarts | grep -x 2
	EOF
}

atf_test_case engines_that_die_without_having_done_anything_are_slowed_down
engines_that_die_without_having_done_anything_are_slowed_down_body() {
	kernel_serve
	{
		printf '%s\n' ready 'open image' wait
		# The first one has answered nothing either: the OPEN is no read.
		crash="sh kill -SEGV \$($kernel_blobrootd status --run run engine)"
		for i in 1 2 3 4 5 6 7 8 9; do
			printf '%s\n' "$crash" 'log *signal 11: the next one takes over in * ms' settle
		done
		# SIGKILL is not its own doing.
		for i in 1 2 3 4 5 6; do
			printf '%s\n' kill 'log *signal 9: the next one takes over in 0 ms' settle
		done
		printf '%s\n' "$crash" "log *signal 11: the next one takes over in * ms" settle
		# Never given up; and one that does its work makes good for those before it.
		printf '%s\n' 'scan 1 128K' "$crash" 'log *the next one takes over in 0 ms' 'scan 1 128K'
	} >commands
	kernel_run --start <commands
	# Each pause is the double of the one before, or 100 ms. One of 0 ms is for an engine that lived for a second, on a busy machine.
	sed -n 's/^log: .*signal 11: the next one takes over in \([0-9]*\) ms.*/\1/p' out >pauses
	awk '$1 && $1 != (before ? 2 * before : 100) { bad = 1 } { before = $1 } $1 { some = 1 } NR <= 4 && $1 { bad = 1 }
		END { exit bad || !some }' pauses ||
		atf_fail "pauses: $(paste -s -d ' ' pauses)"
}

atf_test_case engines_that_get_something_done_are_replaced_at_once
engines_that_get_something_done_are_replaced_at_once_body() {
	kernel_serve
	{
		printf '%s\n' ready 'open image' wait
		for i in $(seq 1 20); do
			printf '%s\n' "read 1 ${i}00K 4K" wait "sh kill -SEGV \$($kernel_blobrootd status --run run engine)" \
				'log *the next one takes over in 0 ms'
		done
		printf '%s\n' 'scan 1 128K' 'nolog *takes over in 100 ms'
	} >commands
	kernel_run --start <commands
}

atf_test_case no_signal_but_SIGKILL_ends_the_keeper
no_signal_but_SIGKILL_ends_the_keeper_body() {
	kernel_serve
	{
		printf '%s\n' ready 'open image' wait
		for signal in HUP INT QUIT USR1 USR2 PIPE ALRM TERM TSTP TTIN TTOU VTALRM PROF 29 30 32 33 34 64; do
			echo "sh kill -$signal \$(cat run/keeper.pid)"
		done
		printf '%s\n' "sh $kernel_blobrootd status --run run state" kill 'log *the next one takes over in 0 ms' \
			'scan 1 128K'
	} >commands
	kernel_run --start <commands
}

atf_test_case with_its_keeper_the_engine_ends
with_its_keeper_the_engine_ends_body() {
	kernel_serve
	kernel_run --start <<-EOF
		ready
		open image
		scan 1 1M
		sh $kernel_blobrootd status --run run engine >engine
		sh kill -9 \$(cat run/keeper.pid)
		log blobroot: keeper: it is gone: all reads of what is not cached fail from now on: reboot this host
		sh while grep -q '^State:[^Z]*$' /proc/\$(cat engine)/status 2>/dev/null; do sleep 0.02; done
	EOF
}

atf_init_test_cases() {
	atf_add_test_case a_copy_in_the_run_directory_is_all_that_is_needed
	atf_add_test_case the_keeper_starts_the_next_engine
	atf_add_test_case engines_that_die_without_having_done_anything_are_slowed_down
	atf_add_test_case engines_that_get_something_done_are_replaced_at_once
	atf_add_test_case no_signal_but_SIGKILL_ends_the_keeper
	atf_add_test_case with_its_keeper_the_engine_ends
}
