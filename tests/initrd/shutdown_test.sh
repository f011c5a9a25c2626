#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# handover/shutdown: when the daemon is over. The rest is for boots: boot/debian_test.

top=$(cd "$(atf_get_srcdir)/../../.." && pwd)

atf_test_case a_process_is_over_when_all_that_it_had_open_is_closed
a_process_is_over_when_all_that_it_had_open_is_closed_body() {
	sed -n '/^is_over()/,/^}/p' "$top/initrd/handover/shutdown" >is_over
	# shellcheck source=/dev/null
	. ./is_over
	sleep 1d &
	pid=$!
	is_over $pid && atf_fail "it runs"
	# A zombie: it ends when its parent has executed a program that does not wait for it, and not before.
	sh -c 'until grep -q sleep "/proc/$$/comm"; do sleep 0.1; done & echo $! >child; exec sleep 1d' &
	parent=$!
	until grep -q '^State:.Z' "/proc/$(cat child 2>/dev/null)/status" 2>/dev/null; do sleep 0.1; done
	is_over "$(cat child)" || atf_fail "it is a zombie"
	kill $pid $parent
	wait
	is_over $pid || atf_fail "it is gone"
}

atf_init_test_cases() {
	atf_add_test_case a_process_is_over_when_all_that_it_had_open_is_closed
}
