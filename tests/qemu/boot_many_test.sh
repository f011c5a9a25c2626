#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# qemu/boot: several at a time, and one after the other. In `make check` few of both.
# shellcheck disable=SC1091,SC2154 # what boots.sh sets

atf_test_case several_boot_side_by_side
several_boot_side_by_side_body() {
	. "$(atf_get_srcdir)/../support/boots.sh"
	. "$(atf_get_srcdir)/../support/long.sh"
	boots_tree root
	turn_take
	numbers=$(seq "$(long_or_short 10 3)")
	for number in $numbers; do
		"$boots_top/qemu/boot" root --timeout 1500 --run "echo it is $number" >"out.$number" 2>"err.$number" 6>&- &
		echo $! >"pid.$number"
	done
	for number in $numbers; do
		wait "$(cat "pid.$number")" || atf_fail "number $number: $(tail -n 1 "err.$number")"
		atf_check -o inline:"it is $number\n" cat "out.$number"
	done
	# One of them has made the image.
	atf_check -o inline:'qemu/boot: making an image of root\n' sh -c 'cat err.*'
	boots_left_nothing
}

atf_test_case many_boot_one_after_the_other_and_leave_nothing
many_boot_one_after_the_other_and_leave_nothing_body() {
	. "$(atf_get_srcdir)/../support/boots.sh"
	. "$(atf_get_srcdir)/../support/long.sh"
	boots_tree root
	for number in $(seq "$(long_or_short 100 2)"); do
		boots 0 root --run "echo it is $number" --ssh
		atf_check -o inline:"it is $number\n" cat out
	done
	# Without a process there is no port either.
	boots_left_nothing
	# The cache has one image, and the lock for making it.
	atf_check -o inline:'2\n' sh -c 'ls cache/blobroot | wc -l'
}

atf_init_test_cases() {
	atf_add_test_case several_boot_side_by_side
	atf_add_test_case many_boot_one_after_the_other_and_leave_nothing
}
