#!/usr/bin/env atf-sh
# shellcheck shell=sh
# shellcheck source=tests/support/debian_root.sh
# SPDX-License-Identifier: MIT
#
# A Debian root over fuse: what boot/debian_test shows on one of the two kernels only, on the other one. (But suspend on 6.12: this
# QEMU's machine cannot be powered off after it, and a kernel that panics on the way is no news about blobroot.)
# shellcheck disable=SC2119,SC2154 # no device to name; what lan.sh sets

support=$(cd "$(atf_get_srcdir)/../support" && pwd)

atf_test_case on_a_stock_6_12_the_root_outlives_a_soft_reboot_and_reboots_without_a_server
on_a_stock_6_12_the_root_outlives_a_soft_reboot_and_reboots_without_a_server_body() {
	. "$support/debian_root.sh"
	debian_lan dracut-stock-6.12
	debian_direct ''
	debian_comes_out_right
	debian_reboots_softly
	atf_check -o inline:'running\n' cat state
	debian_comes_out_right
	debian_daemon_cannot_be_lost
	debian_loses_its_server
	debian_ends reboot 60
	debian_end_is_clean
}

atf_test_case on_a_stock_7_3_nothing_that_covers_or_unmounts_the_root_takes_it_away
on_a_stock_7_3_nothing_that_covers_or_unmounts_the_root_takes_it_away_body() {
	. "$support/debian_root.sh"
	debian_lan dracut-7.3
	debian_direct ''
	debian_comes_out_right
	debian_root_is_written_and_read
	debian_runs_containers_of_an_extension
	debian_is_unmounted
	debian_loses_its_server
	debian_ends reboot 60
	debian_end_is_clean
}

atf_init_test_cases() {
	atf_add_test_case on_a_stock_6_12_the_root_outlives_a_soft_reboot_and_reboots_without_a_server
	atf_add_test_case on_a_stock_7_3_nothing_that_covers_or_unmounts_the_root_takes_it_away
}
