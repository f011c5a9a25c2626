#!/usr/bin/env atf-sh
# shellcheck shell=sh
# shellcheck source=tests/support/lan.sh
# SPDX-License-Identifier: MIT
#
# A host on a LAN with a real DHCP server: the lease is had in the end, and stays.
# shellcheck disable=SC2034,SC2119,SC2154 # functions and variables of lan.sh and turn.sh

support=$(cd "$(atf_get_srcdir)/../support" && pwd)

lan_with() { # OPTION-OF-QEMU-RUN..
	. "$support/lan.sh"
	lan_enter
	lan_serve
	boot_options=$*
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
	boot busybox-6.12 demo.erofs 0 '^demo: done' ip=dhcp "$boot_proof" demo.nocheck demo.run=new-address
	atf_check -o ignore grep 'DHCPNAK(lan0)' dnsmasq.log
	boot_has '^ADDRESS now 192\.0\.2\.2[0-9]*$'
	boot_has '^ADDRESS wrong=0$'
}

atf_test_case a_DHCP_server_that_comes_after_a_minute_is_waited_for
a_DHCP_server_that_comes_after_a_minute_is_waited_for_body() {
	lan_with --tap lan0
	turn_needless=1
	(
		lan_until 1 'network: eth0: waiting for an address by dhcp: 64 s so far' console.raw
		lan_dhcp
	) &
	boot busybox-6.12 demo.erofs 0 '^demo: done' ip=dhcp "$boot_proof" demo.nocheck
	boot_has 'blobroot: network: eth0: 192.0.2.[0-9]*/24 by dhcp'
	boot_has 'blobroot: root is up'
}

atf_test_case of_three_cards_the_one_with_a_DHCP_server_is_found
of_three_cards_the_one_with_a_DHCP_server_is_found_body() {
	lan_with --unplugged --tap other0 --tap lan0
	lan_add other0
	lan_dhcp
	boot busybox-6.12 demo.erofs 0 '^demo: done' ip=dhcp "$boot_proof" demo.nocheck
	boot_has 'blobroot: network: eth1 eth2: waiting for an address by dhcp: 2 s so far'
	boot_has 'blobroot: network: eth2: 192.0.2.[0-9]*/24 by dhcp'
	boot_has 'blobroot: root is up'
}

atf_init_test_cases() {
	atf_add_test_case a_lease_of_two_minutes_is_renewed
	atf_add_test_case another_address_at_renewal_is_taken_and_the_root_goes_on
	atf_add_test_case a_DHCP_server_that_comes_after_a_minute_is_waited_for
	atf_add_test_case of_three_cards_the_one_with_a_DHCP_server_is_found
}
