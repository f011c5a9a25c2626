#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# initrd/lib and initrd/lease-update with the real udhcpc and a real DHCP server.
# shellcheck disable=SC1091,SC2016,SC2154 # text for another shell; functions and variables of wire.sh

top=$(cd "$(atf_get_srcdir)/../../.." && pwd)
. "$top/tests/support/wire.sh"

works() { wire_run "$1" || atf_fail "it ended with $?: $(tail -n 5 out root/dev/kmsg)"; }

# dnsmasq's own names cannot have a newline; lease_test has that.
atf_test_case a_search_list_that_is_not_of_names_is_refused_with_a_line
a_search_list_that_is_not_of_names_is_refused_with_a_line_body() {
	wire_up quiet
	works 'wire_card eth0
		wire_dhcp eth0.far 10.9.0.1 --dhcp-option-force="119,lan,x;y" --dhcp-option=6,10.9.0.1
		net_up
		cat "$home_dir/etc/resolv.conf"
		ip -4 addr show dev eth0'
	atf_check -o match:'^nameserver 10.9.0.1$' -o match:'inet 10.9.0.1[0-9][0-9]/24' -o not-match:search cat out
	atf_check -o match:"^<3>blobroot: network: eth0: the lease's search is refused" cat root/dev/kmsg
}

atf_init_test_cases() {
	atf_add_test_case a_search_list_that_is_not_of_names_is_refused_with_a_line
}
