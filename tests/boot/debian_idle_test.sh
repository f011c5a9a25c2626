#!/usr/bin/env atf-sh
# shellcheck shell=sh
# shellcheck source=tests/support/debian.sh
# SPDX-License-Identifier: MIT
#
# Ten minutes in a host that does nothing, by the oldest dracut with systemd-networkd.
# shellcheck disable=SC2154 # what debian.sh sets

atf_test_case a_lease_of_two_minutes_is_renewed_for_ten_the_daemon_sleeps_and_it_reboots
a_lease_of_two_minutes_is_renewed_for_ten_the_daemon_sleeps_and_it_reboots_body() {
	. "$(atf_get_srcdir)/../support/debian.sh"
	lan_site dnsmasq.conf 's/,12h$/,2m/'
	debian_boot dracut-059-networkd-6.12
	atf_check -o inline:'running\n' cat state
	figures=$(cat "$boot_top/tests/boot/guest/figures")
	address=$(debian_ssh 'ip -4 -o addr show scope global')
	debian_ssh "$figures" | sort >before
	# A busy machine's guest can have a clock that runs fast: ten minutes by both.
	debian_ssh 'sleep 600'
	lan_until 10 'DHCPACK\(lan0\)'
	debian_ssh "$figures" | sort >after
	debian_has "$address" 'ip -4 -o addr show scope global'
	paste -d ' ' before after |
		awk '{ print $1 ($2 == $6 ? "" : " another"), "wakeups=" $7 - $3, "grown=" $8 - $4, "resident=" $8 }' >idle
	cat idle
	# Fewer than one wake-up a second each.
	atf_check -o ignore grep -E '^keeper wakeups=[0-9]{1,2} grown=0 ' idle
	# Ways that it goes for the first time may touch a page or two.
	atf_check -o ignore grep -E '^engine wakeups=[1-5]?[0-9]{1,2} grown=[048] ' idle
	# What nobody has read until now comes by the same address.
	debian_has 42 'perl -e "print 6 * 7, qq(\n)"'
	debian_ends reboot 60
	debian_end_is_clean ram0
}

atf_init_test_cases() {
	atf_add_test_case a_lease_of_two_minutes_is_renewed_for_ten_the_daemon_sleeps_and_it_reboots
}
