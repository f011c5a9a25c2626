#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# initrd/lib/wait.sh: how often it looks, and for how long.
# shellcheck disable=SC1091,SC2016,SC2034,SC2119 # text for other shells; variables and functions of fake.sh

top=$(atf_get_srcdir)
until [ -e "$top/initrd/mkinitrd" ]; do top=$top/..; done
. "$top/tests/initrd/fake.sh"

# A clock that goes on while it sleeps, by $step hundredths of a second.
clock='wait_clock=$blob_prefix/proc/uptime
	sleep() {
		called sleep "$@"
		wait_now
		wait_time=$((wait_time + step))
		echo "$((wait_time / 100)).$((wait_time % 100 + 100)) 0" | sed "s/[.]1/./" >"$wait_clock"
	}'

atf_test_case it_looks_often_at_first_and_less_often_later
it_looks_often_at_first_and_less_often_later_body() {
	fake_root
	fake_run 0 "$clock
		step=10
		wait_until 2 false && exit 1
		exit 0"
	atf_check -o inline:'      5 sleep 0.02\n     15 sleep 0.1\n' sh -c 'uniq -c <root/calls'
}

atf_test_case what_comes_is_seen_and_0_is_for_ever
what_comes_is_seen_and_0_is_for_ever_body() {
	fake_root
	fake_run 0 "$clock
		step=5000
		wait_until 0 eval '[ \$(grep -c sleep \$blob_prefix/calls) -eq 9 ]'"
	atf_check -o inline:'9\n' grep -c sleep root/calls
	fake_run 0 "$clock
		step=1
		wait_until 1 true"
	atf_check cat root/calls
}

atf_init_test_cases() {
	atf_add_test_case it_looks_often_at_first_and_less_often_later
	atf_add_test_case what_comes_is_seen_and_0_is_for_ever
}
