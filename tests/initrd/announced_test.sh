#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# initrd/lib/announced.sh: which name servers are taken from what dracut's network modules leave. resolv_test has real routers.
# shellcheck disable=SC1091,SC2016,SC2034,SC2119 # text for other shells; variables and functions of fake.sh

top=$(atf_get_srcdir)
until [ -e "$top/initrd/mkinitrd" ]; do top=$top/..; done
. "$top/tests/initrd/fake.sh"

# takes EXPECTED
takes() {
	fake_run 0 'announced_take_dracut
		cat "$home_dir/etc/resolv.conf"'
	atf_check -o inline:"$1" cat out
}

atf_test_case name_servers_that_routers_announce_are_found
name_servers_that_routers_announce_are_found_body() {
	fake_root
	mkdir -p made/run/systemd/netif/links made/run/NetworkManager
	takes ''
	printf 'ADMIN_STATE=configured\nDNS=10.0.2.3 2001:db8::53 fe80::1\nNTP=2001:db8::7\n' >made/run/systemd/netif/links/2
	takes 'nameserver 2001:db8::53\nnameserver fe80::1%2\n'
	rm -r made/run/systemd
	printf 'search lan\nnameserver 10.0.2.3\nnameserver 2001:db8::54\nnameserver fe80::2%%eth0\nnameserver fe80::3%%gone\n' \
		>made/run/NetworkManager/resolv.conf
	mkdir made/sys/class/net/eth0
	echo 3 >made/sys/class/net/eth0/ifindex
	takes 'nameserver 2001:db8::54\nnameserver fe80::2%3\n'
	echo eth0 fe80::4%3 >made/run/blobroot/announced
	takes 'nameserver fe80::4%3\nnameserver 2001:db8::54\nnameserver fe80::2%3\n'
}

atf_test_case no_interface_takes_the_place_of_another_and_each_server_counts_once
no_interface_takes_the_place_of_another_and_each_server_counts_once_body() {
	fake_root
	mkdir -p made/run/systemd/netif/links
	echo 'DNS=2001:db8::1 2001:db8::2 2001:db8::3 2001:db8::4' >made/run/systemd/netif/links/2
	echo 'DNS=2001:db8::5 2001:db8::1 2001:db8::5' >made/run/systemd/netif/links/3
	takes 'nameserver 2001:db8::1\nnameserver 2001:db8::2\nnameserver 2001:db8::3\nnameserver 2001:db8::5\n'
}

atf_init_test_cases() {
	atf_add_test_case name_servers_that_routers_announce_are_found
	atf_add_test_case no_interface_takes_the_place_of_another_and_each_server_counts_once
}
