#!/usr/bin/env atf-sh
# shellcheck shell=sh
# shellcheck source=tests/support/debian_root.sh
# SPDX-License-Identifier: MIT
#
# A Debian root over cachefiles, with an initramfs without systemd, to its end by kexec. (boot/dracut_test has such an initramfs
# with the demo root, boot/debian_test has kexec over fuse.)
# shellcheck disable=SC2154 # what lan.sh sets

support=$(cd "$(atf_get_srcdir)/../support" && pwd)

atf_test_case an_initramfs_without_systemd_brings_up_the_same_root_and_kexec_ends_it_without_a_server
an_initramfs_without_systemd_brings_up_the_same_root_and_kexec_ends_it_without_a_server_body() {
	. "$support/debian_root.sh"
	debian_lan dracut-legacy-6.12
	debian_direct ''
	atf_check -o inline:'running\n' cat state
	debian_comes_out_right
	debian_loads_a_kernel
	debian_loses_its_server
	debian_ends_by_kexec
	debian_end_is_clean ram0
}

atf_init_test_cases() {
	atf_add_test_case an_initramfs_without_systemd_brings_up_the_same_root_and_kexec_ends_it_without_a_server
}
