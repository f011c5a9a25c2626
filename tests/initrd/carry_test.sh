#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# initrd/lib/carry.sh: which interfaces carry the root, and that nothing of theirs ends.
# shellcheck disable=SC1091,SC2016,SC2034,SC2119,SC2154 # text for other shells; variables and functions of fake.sh, wire.sh

top=$(atf_get_srcdir)
until [ -e "$top/initrd/mkinitrd" ]; do top=$top/..; done
. "$top/tests/initrd/fake.sh"
. "$top/tests/support/wire.sh"

# Two cards, on the far side of each a host of its own at 10.1.0.1 and 10.2.0.1 with a server, and connections as root.
two_cards='wire_card eth0; wire_card eth1; wire_away eth0.far 10.1.0.1; wire_away eth1.far 10.2.0.1
	carry_user=0; mkdir -p $home_dir/etc; : >$home_dir/etc/resolv.conf
	ip addr add 10.1.0.2/24 dev eth0; ip addr add 10.2.0.2/24 dev eth1; ip link set eth0 up; ip link set eth1 up
	blob_prefix_net() { mkdir -p $blob_prefix/proc/net; cat /proc/self/net/tcp >$blob_prefix/proc/net/tcp; cat /proc/self/net/tcp6 >$blob_prefix/proc/net/tcp6; }
	find_all() { blob_prefix_net; carry_find "$@"; echo "carried: $carry_ifaces"; }
	connected() { grep -q ":0050 01 " /proc/self/net/tcp /proc/self/net/tcp6; }
	# nc ends if the neighbour does not answer at once: then it is started again.
	connect() { connect_nc=""
		until connected; do
			if [ -z "$connect_nc" ] || ! kill -0 "$connect_nc" 2>/dev/null; then
				"$busybox" sleep 60 | "$busybox" nc "$1" 80 & connect_nc=$!
				wire_procs="$wire_procs $!"
			fi
			sleep 0.1
		done; }'

works() { wire_run "$1" || atf_fail "it ended with $?: $(tail -n 5 out)"; }

atf_test_case the_interfaces_that_lead_to_servers_and_name_servers_are_found
the_interfaces_that_lead_to_servers_and_name_servers_are_found_body() {
	wire_up quiet
	works "$two_cards
		find_all
		find_all eth1
		connect 10.2.0.1
		find_all
		find_all eth0
		echo nameserver 10.1.0.1 >\$home_dir/etc/resolv.conf
		find_all
		ip route add default via 10.2.0.1 dev eth1
		echo nameserver 9.9.9.9 >\$home_dir/etc/resolv.conf
		find_all"
	atf_check -o inline:'carried: eth0 eth1\ncarried: eth1 eth0\ncarried: eth1\ncarried: eth0 eth1\ncarried: eth1 eth0\ncarried: eth1\n' \
		grep carried: out
}

atf_test_case IPv6_servers_are_found_too
IPv6_servers_are_found_too_body() {
	wire_up quiet
	works "$two_cards
		command ip addr add 2001:db8::2/64 dev eth1 nodad
		wire_there eth1.far ip addr add 2001:db8::1/64 dev eth1.far nodad
		connect 2001:db8::1
		find_all
		index=\$(command ip -o link show dev eth0)
		echo nameserver fe80::1%\${index%%:*} >\$home_dir/etc/resolv.conf
		find_all"
	atf_check -o inline:'carried: eth1\ncarried: eth1 eth0\n' grep carried: out
}

atf_test_case nothing_that_carries_the_root_ends_by_itself
nothing_that_carries_the_root_ends_by_itself_body() {
	wire_up quiet
	works 'wire_card eth0
		ip link set eth0 up
		command ip addr add 10.1.0.2/24 dev eth0 valid_lft 100 preferred_lft 50
		command ip addr add 2001:db8::2/64 dev eth0 valid_lft 100 preferred_lft 50 nodad
		command ip route add default via fe80::1 dev eth0 proto ra expires 100
		command ip route add 2001:db8:5::/64 dev eth0 proto ra expires 100
		command ip route add 2001:db8:6::/48 via fe80::1 dev eth0 proto ra expires 100
		mkdir -p $blob_prefix/proc/sys/net/ipv6/conf/eth0
		carry_keep eth0
		command ip -o addr show dev eth0 scope global
		command ip -6 route'
	atf_check -o match:'inet 10.1.0.2/24 .*valid_lft forever' -o match:'inet6 2001:db8::2/64 .*valid_lft forever' -o not-match:dynamic \
		-o match:'^2001:db8:5::/64 dev eth0 metric 4096' -o match:'^2001:db8:6::/48 via fe80::1 dev eth0 metric 4096' \
		-o match:'^2001:db8::/64 dev eth0 metric 4096' -o match:'^default via fe80::1 dev eth0 metric 4096' \
		-o match:'^default via fe80::1 dev eth0 proto ra metric 1024 expires' cat out
	atf_check -o inline:'0\n' cat root/proc/sys/net/ipv6/conf/eth0/autoconf
}

atf_init_test_cases() {
	atf_add_test_case the_interfaces_that_lead_to_servers_and_name_servers_are_found
	atf_add_test_case IPv6_servers_are_found_too
	atf_add_test_case nothing_that_carries_the_root_ends_by_itself
}
