#!/usr/bin/env atf-sh
# shellcheck shell=sh
# shellcheck source=tests/support/lan.sh
# SPDX-License-Identifier: MIT
#
# A host on a LAN with a real DHCP server: the lease is had in the end, and stays.
# shellcheck disable=SC2034,SC2086,SC2119,SC2154 # functions and variables of lan.sh and turn.sh

support=$(cd "$(atf_get_srcdir)/../support" && pwd)

lan_with() { # OPTION-OF-QEMU-RUN..
	. "$support/lan.sh"
	lan_enter
	lan_serve
	boot_options=$*
}

# On one of the three there is a DHCP server, after a minute.
host_of_three_cards() {
	lan_enter
	lan_serve
	lan_add other0
	boot_options='--unplugged --tap other0 --tap lan0'
	turn_needless=1
	(
		lan_until 1 'network: eth1 eth2: waiting for an address by dhcp: 64 s so far' console.raw
		lan_dhcp
	) &
	boot busybox-7.3 demo.erofs 0 '^demo: done' ip=dhcp "$boot_proof" demo.nocheck
}

# For ten minutes, and in a Debian: long/idle_test.
atf_test_case a_lease_of_two_minutes_is_renewed
a_lease_of_two_minutes_is_renewed_body() {
	lan_with --tap lan0
	turn_needless=1
	lan_site dnsmasq.conf 's/,12h$/,2m/'
	lan_dhcp
	boot busybox-6.12 demo.erofs 0 '^demo: done' ip=dhcp "$boot_proof" demo.nocheck demo.run=renewed
	boot_has '^RENEWED wrong=0$'
	atf_check -o inline:"1\n" sh -c "sed -n 's/^RENEWED address=//p' console | sort -u | wc -l"
	# After half of its time; it was had once before.
	atf_check test "$(lan_count 'DHCPACK\(lan0\)')" -ge 3
}

atf_test_case another_address_at_renewal_is_taken_and_the_root_goes_on
another_address_at_renewal_is_taken_and_the_root_goes_on_body() {
	lan_with --tap lan0
	lan_dhcp
	(
		lan_until 1 '^ADDRESS 192.0.2.1' console.raw
		lan_no_dhcp
		rm leases
		lan_site dnsmasq.conf 's/192.0.2.100,192.0.2.199/192.0.2.200,192.0.2.250/'
		lan_dhcp
		# The host asks for it.
		$httpd_prefix ip addr add 192.0.2.2/24 dev lan0
	) &
	boot busybox-stock-6.12 demo.erofs 0 '^demo: done' ip=dhcp "$boot_proof" demo.nocheck demo.run=new-address
	atf_check -o ignore grep 'DHCPNAK(lan0)' dnsmasq.log
	boot_has '^ADDRESS now 192\.0\.2\.2[0-9]*$'
	boot_has '^ADDRESS wrong=0$'
}

atf_test_case a_DHCP_server_that_comes_after_a_minute_is_waited_for
a_DHCP_server_that_comes_after_a_minute_is_waited_for_body() {
	. "$support/lan.sh"
	turn_shared host_of_three_cards
	boot_has 'blobroot: network: eth1 eth2: waiting for an address by dhcp: 64 s so far'
	boot_has 'blobroot: root is up'
}

# The name server is the router's address on the link, as dnsmasq announces by default. With dracut's systemd-networkd, and
# the root's: hooks/networkd_test.
atf_test_case a_host_with_nothing_but_IPv6_outlives_its_router
a_host_with_nothing_but_IPv6_outlives_its_router_body() {
	. "$support/lan.sh"
	lan_enter
	turn_needless=1
	atf_check $httpd_prefix ip addr del 192.0.2.1/24 dev lan0
	atf_check $httpd_prefix ip addr add 2001:db8::1/64 dev lan0 nodad
	# A router: else its neighbours would soon know that it is none.
	atf_check $httpd_prefix sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
	lan_listen='s/listen 80;/listen [::]:80;/' lan_serve
	printf '%s\n' interface=lan0 bind-dynamic enable-ra ra-param=lan0,4,20 dhcp-range=2001:db8::,ra-only,64,2m \
		local=/lan/ host-record=boot.lan,2001:db8::1 >dnsmasq.conf
	lan_dhcp
	(
		lan_until 1 '^ROUTER waits' console.raw
		lan_no_dhcp
	) &
	boot_options='--tap lan0'
	boot busybox-6.12 demo.erofs 0 '^demo: done' ip=auto6 "$boot_proof" demo.nocheck demo.run=router-gone
	boot_has 'blobroot: network: eth0: 2001:db8::[0-9a-f:]+/64 by auto6, DNS fe80::[0-9a-f:]+%[0-9]+$'
	boot_has '^ROUTER route default via fe80::[0-9a-f:]+ dev eth0 +metric 4096'
	boot_has '^ROUTER address 2001:db8::[0-9a-f:]+/64 forever$'
	boot_has '^ROUTER wrong=0$'
}

atf_test_case of_three_cards_the_one_with_a_DHCP_server_is_found
of_three_cards_the_one_with_a_DHCP_server_is_found_body() {
	. "$support/lan.sh"
	turn_shared host_of_three_cards
	boot_has 'blobroot: network: eth1 eth2: waiting for an address by dhcp: 2 s so far'
	boot_has 'blobroot: network: eth2: 192.0.2.[0-9]*/24 by dhcp'
	boot_has 'blobroot: root is up'
}

atf_init_test_cases() {
	atf_add_test_case a_lease_of_two_minutes_is_renewed
	atf_add_test_case another_address_at_renewal_is_taken_and_the_root_goes_on
	atf_add_test_case a_DHCP_server_that_comes_after_a_minute_is_waited_for
	atf_add_test_case a_host_with_nothing_but_IPv6_outlives_its_router
	atf_add_test_case of_three_cards_the_one_with_a_DHCP_server_is_found
}
