#!/usr/bin/env atf-sh
# shellcheck shell=sh
# shellcheck source=tests/support/debian.sh
# SPDX-License-Identifier: MIT
#
# Ten minutes in a host that does nothing, by the oldest dracut with systemd-networkd. The short forms: boot/debian_test has
# half an idle minute, boot/lease_test the renewal, boot/dracut_test this dracut.
# shellcheck disable=SC2154 # what debian.sh sets

support=$(cd "$(atf_get_srcdir)/../support" && pwd)

atf_test_case a_lease_of_two_minutes_is_renewed_for_ten_the_daemon_sleeps_and_it_reboots
a_lease_of_two_minutes_is_renewed_for_ten_the_daemon_sleeps_and_it_reboots_body() {
	. "$support/debian.sh"
	lan_site dnsmasq.conf 's/,12h$/,2m/'
	debian_boot dracut-059-networkd-6.12
	atf_check -o inline:'running\n' cat state
	address=$(debian_ssh 'ip -4 -o addr show scope global')
	debian_idles 600
	lan_until 10 'DHCPACK\(lan0\)'
	debian_has "$address" 'ip -4 -o addr show scope global'
	# What nobody has read until now comes by the same address.
	debian_has 42 'perl -e "print 6 * 7, qq(\n)"'
	debian_ends reboot 60
	debian_end_is_clean ram0
}

atf_init_test_cases() {
	atf_add_test_case a_lease_of_two_minutes_is_renewed_for_ten_the_daemon_sleeps_and_it_reboots
}
