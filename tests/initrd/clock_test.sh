#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# initrd/lib/clock.sh: the clock goes forward to the time of the initramfs, never back.
# shellcheck disable=SC1091,SC2016,SC2034,SC2119 # text for other shells; variables and functions of fake.sh

top=$(atf_get_srcdir)
until [ -e "$top/initrd/mkinitrd" ]; do top=$top/..; done
. "$top/tests/initrd/fake.sh"

# clock SECONDS BUILT [STATUS]: the clock stands at SECONDS, the initramfs says BUILT, setting it ends with STATUS.
clock() {
	fake_root ''
	printf '%s' "$2" >made/etc/blobroot/built
	fake_run 0 'date() {
		case "$1 $2" in
		"-u -s") called date "$@"; return '"${3:-0}"' ;;
		"-u +"*) command date -u -d @'"$1"' "$2" ;;
		*) command date "$@" ;;
		esac
	}
	clock_move_forward'
}

atf_test_case a_clock_of_1970_goes_forward
a_clock_of_1970_goes_forward_body() {
	clock 5 '1700000000
'
	fake_called 'date -u -s @1700000000'
	fake_said '<5>blobroot: clock: it said 1970-01-01 00:00:05: moved forward to 2023-11-14 22:13:20, when this initramfs was made'
}

atf_test_case a_clock_never_goes_back
a_clock_never_goes_back_body() {
	for now in 1700000000 1700000001 4000000000; do
		clock $now '1700000000
'
		atf_check cat root/calls
		atf_check cat root/dev/kmsg
	done
}

atf_test_case without_a_time_the_clock_is_left_alone
without_a_time_the_clock_is_left_alone_body() {
	for built in '' 'today
' '-1
'; do
		clock 5 "$built"
		atf_check cat root/calls
	done
	rm made/etc/blobroot/built
	fake_run 0 'clock_move_forward'
	atf_check cat root/dev/kmsg
}

atf_test_case a_clock_that_cannot_be_set_is_said
a_clock_that_cannot_be_set_is_said_body() {
	clock 5 '1700000000
' 1
	fake_said '<3>blobroot: clock: it says 1970-01-01 00:00:05 and cannot be set: certificates may seem to be of the future'
}

atf_init_test_cases() {
	atf_add_test_case a_clock_of_1970_goes_forward
	atf_add_test_case a_clock_never_goes_back
	atf_add_test_case without_a_time_the_clock_is_left_alone
	atf_add_test_case a_clock_that_cannot_be_set_is_said
}
