#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# tests/figures: where the time went, without the time that a case waited for others; and what has become slower.

figures=$(atf_get_srcdir)/../../../tests/figures

# Two tiers; the second case waited four of its ten seconds for its turn.
run() {
	printf '%s\n' 'unit/a_test,one,passed,1000000,3000000' 'boot/b_test,two,failed,2000000,12000000' >cases
	echo 'boot/b_test:two 4' >waits
	atf_check -o save:out "$figures" cases waits kept
}

atf_test_case a_wait_for_others_is_no_time_of_its_own
a_wait_for_others_is_no_time_of_its_own_body() {
	run
	atf_check -o inline:'     6.0  boot/b_test:two\n     2.0  unit/a_test:one\n' grep '_test:' out
	atf_check -o inline:'tier unit        1 cases,     2 s from the first to the last
tier boot        1 cases,    10 s from the first to the last
all tiers            2 cases,    11 s\n' grep -E '^(tier|all) ' out
}

atf_test_case what_has_become_slower_is_named
what_has_become_slower_is_named_body() {
	mkdir kept
	for seconds in 0.2 0.4 50; do
		printf '%s\n' "boot/b_test:two $seconds" 'unit/a_test:one 1.5' >"kept/20260101-00000${seconds%%.*}$seconds"
	done
	run
	atf_check -o inline:'slower than before: boot/b_test:two: 6.0 s, 0.4 s before (median of 3)\n' grep slower out
}

atf_test_case ten_runs_are_kept
ten_runs_are_kept_body() {
	mkdir kept
	for run in $(seq 10 21); do
		echo "unit/a_test:one 1" >"kept/20260101-0000$run"
	done
	run
	atf_check -o inline:'10\n' sh -c 'ls kept | wc -l'
	atf_check test ! -e kept/20260101-000012 -a -e kept/20260101-000013
}

atf_init_test_cases() {
	atf_add_test_case a_wait_for_others_is_no_time_of_its_own
	atf_add_test_case what_has_become_slower_is_named
	atf_add_test_case ten_runs_are_kept
}
