#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# What dracut's initramfs says when it cannot boot, and when: its scripts run in its unpacked tree, with its own programs.
# boot/dracut_test shows that a boot then ends in a panic, or in a shell where that is asked for.
# shellcheck disable=SC1091,SC2016,SC2154 # functions and variables of dracut.sh; text for another shell

top=$(cd "$(atf_get_srcdir)/../../.." && pwd)
. "$top/tests/support/dracut.sh"

image=root=blob:http://x/y

# said LINE: this is the last line, and the boot has ended: by sysrq, which makes the kernel panic.
said() {
	atf_check -o inline:"<3>blobroot: boot failed: $1\n" tail -n 1 tree/dev/kmsg
	atf_check -o inline:'c\n' cat tree/proc/sysrq-trigger
}

atf_test_case wrong_parameters_end_the_boot_before_the_network_is_waited_for
wrong_parameters_end_the_boot_before_the_network_is_waited_for_body() {
	for flavour in dracut-6.12 dracut-legacy-6.12 dracut-059-6.12; do
		dracut_unpack "$flavour"
		dracut_words $image rd.blob.insecure rd.blob.cahce=ram
		dracut_cmdline
		said 'rd.blob.cahce=ram: no such parameter (see blobroot.cmdline(7))'
		atf_check test ! -e tree/run/state -a ! -e tree/run/blobroot/waiting
	done
}

# The interface of a machine that has two others: one without a link, and one without an address.
atf_test_case an_interface_that_does_not_exist_is_said_at_once_and_ends_the_boot
an_interface_that_does_not_exist_is_said_at_once_and_ends_the_boot_body() {
	missing='no interface eth7, which ip= names; enp0s1 (no link), enp0s2 (no address)'
	for flavour in dracut-6.12 dracut-legacy-6.12; do
		dracut_unpack "$flavour"
		cp "$top/hooks/dracut/55blobroot/waiting" tree/lib/blobroot/
		for card in enp0s1:0 enp0s2:1; do
			mkdir -p "tree/sys/class/net/${card%:*}/device"
			echo "${card#*:}" >"tree/sys/class/net/${card%:*}/carrier"
		done
		dracut_words $image rd.blob.insecure ip=eth7:dhcp
		# dracut's queue may be blocked for minutes: it is said meanwhile.
		dracut_cmdline_then 'until grep -q "so far" /dev/kmsg; do sleep 0.1; done'
		atf_check -o inline:"<5>blobroot: network: waiting for an address: $missing: 2 s so far\n" grep -m 1 'so far' tree/dev/kmsg
		# Then the queue has run for long enough.
		dracut_run 'source_hook initqueue/timeout'
		said "network: no interface is up: $missing"
	done
}

atf_init_test_cases() {
	atf_add_test_case wrong_parameters_end_the_boot_before_the_network_is_waited_for
	atf_add_test_case an_interface_that_does_not_exist_is_said_at_once_and_ends_the_boot
}
