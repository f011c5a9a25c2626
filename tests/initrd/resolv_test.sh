#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# initrd/lib/resolv.sh: of all that parameters, leases and routers say about names one resolv.conf is made, with the real
# udhcpc, DHCP servers and routers.
# shellcheck disable=SC1091,SC2016,SC2154 # text for another shell; functions and variables of wire.sh

top=$(cd "$(atf_get_srcdir)/../../.." && pwd)
. "$top/tests/support/wire.sh"

works() { wire_run "$1" || atf_fail "it ended with $?: $(tail -n 5 out root/dev/kmsg)"; }

# renew IFACE NET: the event that udhcpc has at a renewal. shown: resolv.conf, in one line.
leased='wire_card eth0; wire_card eth1
	wire_dhcp eth0.far 10.1.0.1 --dhcp-option=6,10.1.0.53,10.0.0.53 --dhcp-option=15,one.lan
	wire_dhcp eth1.far 10.2.0.1 --dhcp-option=6,10.2.0.53,10.0.0.53 --dhcp-option=15,two.lan
	renew() {
		env interface="$1" ip="$2.120" mask=24 domain="$3.lan" dns="$2.53 10.0.0.53" chroot "$home_dir" /bin/lease-update renew
	}
	shown() { echo "$(echo $(cat "$home_dir/etc/resolv.conf") | sed "s/nameserver //g")"; }'

atf_test_case each_lease_keeps_its_name_servers_whichever_is_renewed
each_lease_keeps_its_name_servers_whichever_is_renewed_body() {
	wire_up 'ip=eth1:dhcp ip=eth0:dhcp nameserver=9.9.9.9'
	works "$leased"'
		net_up; shown
		renew eth1 10.2.0 two; shown
		renew eth0 10.1.0 one; shown
		renew eth0 10.1.0 new; shown'
	servers='9.9.9.9 10.2.0.53 10.0.0.53 10.1.0.53'
	all="search two.lan one.lan $servers"
	atf_check -o inline:"$all\n$all\n$all\nsearch two.lan new.lan $servers\n" cat out
}

atf_test_case a_lease_that_is_given_back_leaves_no_name_servers
a_lease_that_is_given_back_leaves_no_name_servers_body() {
	wire_up nameserver=9.9.9.9
	works "$leased"'
		home_make
		home_add_nameservers 9.9.9.9
		for iface in eth0 eth1; do
			ip link set $iface up
			command ip addr add 10.$((${iface#eth} + 1)).0.120/24 dev $iface valid_lft 1000 preferred_lft 1000
			dhcp_take_over $iface || echo "$iface: no lease"
		done
		shown
		dhcp_give_back eth0
		shown'
	atf_check -o inline:'search one.lan two.lan 9.9.9.9 10.1.0.53 10.0.0.53 10.2.0.53\nsearch two.lan 9.9.9.9 10.2.0.53 10.0.0.53\n' cat out
}

atf_test_case no_lease_has_a_say_with_rd_peerdns_0
no_lease_has_a_say_with_rd_peerdns_0_body() {
	wire_up 'ip=eth0:dhcp ip=eth1:dhcp nameserver=9.9.9.9 rd.peerdns=0'
	works "$leased"'
		net_up; shown'
	atf_check -o inline:'9.9.9.9\n' cat out
}

# A router on the far side of eth1 and eth2, each another host, announces 2001:db8:N::53.
routers='for number in 1 2; do
		wire_card eth$number
		wire_away eth$number.far 10.$number.0.1
		wire_there eth$number.far ip addr add 2001:db8:$number::1/64 dev eth$number.far nodad
		wire_there eth$number.far /usr/sbin/dnsmasq --conf-file=/dev/null --port=0 --user= --group= --interface=eth$number.far \
			--bind-interfaces --enable-ra --dhcp-range=2001:db8:$number::,ra-only,64 --dhcp-leasefile=$PWD/leases.$number \
			--dhcp-option=option6:dns-server,[2001:db8:$number::53],[2001:db8::53] --pid-file=$PWD/pid.$number \
			--log-facility=$PWD/dnsmasq.$number
	done
	blobrootd() { exec "$blobrootd" "$@"; }
	net_up
	cat "$home_dir/etc/resolv.conf"'

# The first parameter starts both cards, and takes whichever has an address first: announcements come for both.
atf_test_case the_routers_of_every_interface_are_heard
the_routers_of_every_interface_are_heard_body() {
	wire_up ip=auto6 ip=eth1:auto6 ip=eth2:auto6
	works "$routers"
	atf_check -o inline:'nameserver 2001:db8:1::53\nnameserver 2001:db8:2::53\nnameserver 2001:db8::53\n' sort out
	for iface in eth1 eth2; do
		atf_check -o match:"blobroot: network: $iface: .* by auto6, DNS 2001" cat root/dev/kmsg
	done
	atf_check test ! -e root/run/blobroot/home/etc/announced
}

atf_init_test_cases() {
	atf_add_test_case the_routers_of_every_interface_are_heard
	atf_add_test_case each_lease_keeps_its_name_servers_whichever_is_renewed
	atf_add_test_case a_lease_that_is_given_back_leaves_no_name_servers
	atf_add_test_case no_lease_has_a_say_with_rd_peerdns_0
}
