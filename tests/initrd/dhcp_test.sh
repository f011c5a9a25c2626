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

# udhcpc's file names a process that has ended for a moment; here, for half a second.
atf_test_case a_lease_that_is_given_back_ends_its_client
a_lease_that_is_given_back_ends_its_client_body() {
	wire_up quiet
	works 'wire_card eth0
		home_make
		command ip link set eth0 up
		command ip addr add 10.9.0.7/24 dev eth0
		echo 600 >"$home_dir/etc/left.eth0"
		echo 10.9.0.7/24 >"$home_dir/etc/lease.eth0"
		sh -c "echo \$\$" >"$home_dir/udhcpc.eth0.pid"
		sleep 60 &
		client=$!
		(sleep 0.5; echo $client >"$home_dir/udhcpc.eth0.pid") &
		dhcp_give_back eth0
		wait $client
		echo $?'
	atf_check -o inline:'143\n' cat out
}

# The router is dnsmasq on another host.
announces='wire_card eth0
	wire_away eth0.far 10.9.0.1
	wire_there eth0.far ip addr add 2001:db8:9::1/64 dev eth0.far nodad
	wire_there eth0.far /usr/sbin/dnsmasq --conf-file=/dev/null --port=0 --user= --group= --interface=eth0.far --bind-interfaces \
		--enable-ra --dhcp-range=2001:db8:9::,ra-only,64 --dhcp-option=option6:dns-server,[2001:db8:9::53] \
		--dhcp-leasefile=$PWD/leases.ra --pid-file=$PWD/pid.ra --log-facility=$PWD/dnsmasq.ra
	blobrootd() { exec "$blobrootd" "$@"; }
	net_up
	cat "$home_dir/etc/resolv.conf"'

atf_test_case a_name_server_that_a_router_announces_is_used
a_name_server_that_a_router_announces_is_used_body() {
	wire_up ip=auto6
	works "$announces"
	atf_check -o inline:'nameserver 2001:db8:9::53\n' cat out
	atf_check -o match:'^<5>blobroot: network: eth0: 2001:db8:9:.*/64 by auto6, DNS 2001:db8:9::53$' cat root/dev/kmsg
	wire_up 'ip=eth0:auto6 rd.peerdns=0 nameserver=2001:db8::1'
	works "$announces"
	atf_check -o inline:'nameserver 2001:db8::1\n' cat out
}

atf_init_test_cases() {
	atf_add_test_case a_search_list_that_is_not_of_names_is_refused_with_a_line
	atf_add_test_case a_lease_that_is_given_back_ends_its_client
	atf_add_test_case a_name_server_that_a_router_announces_is_used
}
