#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# What an engine that was taken over can do to the keeper, and to those that come after it.
# shellcheck disable=SC2119,SC2154 # what villain.sh sets

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/villain.sh
. "$support/villain.sh"

# What follows the fake kernel's `kill`.
took_over='log blobroot: engine: killed by signal 9: the next one takes over in 0 ms'
malformed='killed: it sent the keeper a malformed message'

atf_test_case the_first_word_on_a_key_stays
the_first_word_on_a_key_stays_body() {
	verity_serve
	villain_run <<-EOF
		ready
		open image
		read 1 0 64K
		wait
		sh ./plan 'remember *verity*%09300%094096%09$(printf %064d 7)' 'remember data%091%09%09' 'remember data%092%09%09' 'remember dat%093%09%09' 'remember data2%094%09%09'
		kill
		$took_over
		read 1 1M 64K
		wait
		kill
		$took_over
		scan 1 128K
		check failed == 0
	EOF
	villain_told >told
	atf_check_equal 2 "$(grep -c "^\*verity\*	1025	" told)"
	atf_check_equal 2 "$(grep -c "^\*verity\*" told)"
	atf_check -o inline:'data\t1\t\t\ndat\t3\t\t\ndata2\t4\t\t\n' grep '^dat' told
}

atf_test_case a_flood_of_texts_is_bounded
a_flood_of_texts_is_bounded_body() {
	verity_serve
	villain_run <<-EOF
		ready
		open image
		read 1 0 64K
		wait
		sh ls /proc/\$(cat run/keeper.pid)/fd | wc -l >before
		sh ./plan 'flood 200' 'descriptors 100' scribble
		kill
		$took_over
		read 1 1M 64K
		wait
		sh ls /proc/\$(cat run/keeper.pid)/fd | wc -l | cmp - before
		kill
		log blobroot: engine: 63 of the 64 things that earlier engines left cannot be used: passed over
		read 1 2M 64K
		wait
		sh $villain_real status --run run
		sh $villain_real upgrade --run run $villain_real
		log blobroot: engine: 63 of the 64 things that earlier engines left cannot be used: passed over
		scan 1 128K
		check failed > 1000
		kill
		log *the next one takes over in 0 ms
		scan 1 128K
	EOF
}

atf_test_case an_engine_that_sends_nonsense_is_ended
an_engine_that_sends_nonsense_is_ended_body() {
	kernel_serve
	{
		printf '%s\n' ready 'open image' wait
		# notice_test has the rest.
		for text in 'remember nothing' 'remember a%0ab%091%09%09' 'failed a%1b[2J' 'ready nothing' 'ready b%0ac%09d%09-'; do
			printf '%s\n' "sh ./plan '$text' 'remember late%091%09%09'" kill \
				"log blobroot: engine: $malformed: the next one takes over in * ms" 'scan 1 128K'
		done
		printf '%s\n' "sh ./plan 'remember d%c3%a4ta%091%09%09'" kill 'scan 1 128K' kill 'scan 1 128K' 'check failed == 0'
	} >commands
	villain_run <commands
	atf_check_equal 'däta	1		' "$(villain_told | sort -u | grep -v '^\*image\*')"
}

# Its number may be another process's by then. 16 messages are what the keeper takes before it looks for the dead.
atf_test_case an_engine_that_is_dead_is_not_killed
an_engine_that_is_dead_is_not_killed_body() {
	kernel_serve
	cat >is_dead <<-'EOF'
		grep -l "^PPid:.$(cat run/keeper.pid)$" /proc/[0-9]*/status 2>/dev/null | xargs grep -q '^State:.Z' 2>/dev/null
	EOF
	villain_run <<-EOF
		ready
		open image
		read 1 0 64K
		wait
		sh ./plan stop 'flood 60' 'failed a%1bc' 'exit 7'
		kill
		# Until then the engine before it may be taken for the dead one.
		$took_over
		until sh ./is_dead
		sh kill -CONT \$(cat run/keeper.pid)
		log blobroot: engine: ended with status 7: the next one takes over in 0 ms
		scan 1 128K
	EOF
}

atf_test_case a_mount_that_is_malformed_is_refused
a_mount_that_is_malformed_is_refused_body() {
	kernel_serve
	for plan in '' 'nothing' 'none%09fsid=x%0astate=starting%09-' 'none%09fsid=x,%1b[2J%09-' 'none%09%c3%a4%09-' \
		'none%09fsid=x%09other'; do
		echo "ready $plan" >next
		villain_run <<-EOF
			failed 111 engine: $malformed
		EOF
	done
}

atf_test_case why_an_engine_gave_up_is_on_the_console
why_an_engine_gave_up_is_on_the_console_body() {
	kernel_serve
	villain_run <<-EOF
		ready
		open image
		read 1 0 64K
		wait
		sh ./plan 'failed http://h/x: it is gone' 'exit 100'
		kill
		log blobroot: engine: ended with status 100: http://h/x: it is gone: the next one takes over in 0 ms
		scan 1 128K
		kill
		$took_over
	EOF
}

atf_init_test_cases() {
	atf_add_test_case the_first_word_on_a_key_stays
	atf_add_test_case a_flood_of_texts_is_bounded
	atf_add_test_case an_engine_that_sends_nonsense_is_ended
	atf_add_test_case an_engine_that_is_dead_is_not_killed
	atf_add_test_case a_mount_that_is_malformed_is_refused
	atf_add_test_case why_an_engine_gave_up_is_on_the_console
}
