#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# initrd/lib/{net,link,dhcp,home}.sh: which interface is taken, what is done to it, and what is said.
# shellcheck disable=SC1091,SC2016,SC2034,SC2119 # text for other shells; variables and functions of fake.sh

top=$(atf_get_srcdir)
until [ -e "$top/initrd/mkinitrd" ]; do top=$top/..; done
. "$top/tests/initrd/fake.sh"

atf_test_case the_first_card_with_a_link_asks_for_a_lease
the_first_card_with_a_link_asks_for_a_lease_body() {
	fake_machine quiet
	fake_run 0 "$fake_calm
		net_up"
	fake_called 'ip link set eth0 up'
	fake_called "chroot $PWD/root/run/blobroot/home @/udhcpc -i eth1 -p /udhcpc.eth1.pid -t 5 -n -T 3 -A 1 -O staticroutes -O mtu -O search -s /bin/lease-update"
	fake_said '<5>blobroot: network: eth1: 10.0.2.7/24 by dhcp, DNS none'
	atf_check -o inline:'../bin/busybox\n' readlink root/run/blobroot/home/@/udhcpc
	atf_check test -x root/run/blobroot/home/bin/busybox
}

# The kernel gives itself one while the lease is waited for.
atf_test_case the_address_that_was_leased_is_said_not_one_that_a_router_has_announced
the_address_that_was_leased_is_said_not_one_that_a_router_has_announced_body() {
	fake_machine quiet
	fake_run 0 "$fake_calm
		ip() { called ip \"\$@\"; case \"\$*\" in *' addr show '*)
			echo '2: eth0 inet 10.0.2.7/24 scope global'; echo '2: eth0 inet6 2001:db8::7/64 scope global';; esac; }
		net_up"
	fake_said '<5>blobroot: network: eth1: 10.0.2.7/24 by dhcp, DNS none'
}

atf_test_case a_card_without_an_answer_leaves_it_to_the_next
a_card_without_an_answer_leaves_it_to_the_next_body() {
	fake_machine quiet
	fake_card eth0 1
	fake_run 0 "$fake_calm
		chroot() { called chroot \"\$@\"; [ \"\$4\" = eth1 ]; }
		net_up"
	fake_said '<5>blobroot: network: eth1: 10.0.2.7/24 by dhcp, DNS none'
}

atf_test_case a_static_address_with_all_there_is
a_static_address_with_all_there_is_body() {
	fake_machine ip=10.0.2.7::10.0.2.2:24:host7:eth1:none:1400:52:54:00:12:34:56 nameserver=9.9.9.9 "nameserver=[2001:db8::53]"
	fake_run 0 "$fake_calm
		net_up"
	fake_called 'ip link set eth1 address 52:54:00:12:34:56'
	fake_called 'ip link set eth1 mtu 1400'
	fake_called 'hostname host7'
	fake_called 'ip addr add 10.0.2.7/24 dev eth1'
	fake_called 'ip -4 route replace default via 10.0.2.2 dev eth1'
	fake_said '<5>blobroot: network: eth1: 10.0.2.7/24 by static, DNS 9.9.9.9 2001:db8::53'
	atf_check -o inline:'/run/blobroot/home/etc/resolv.conf\n' readlink root/etc/resolv.conf
	atf_check -s exit:1 grep -e chroot -e 'eth0' root/calls
}

atf_test_case ip_off_leaves_the_network_alone
ip_off_leaves_the_network_alone_body() {
	fake_machine ip=off
	fake_run 0 "$fake_calm
		net_up"
	atf_check -s exit:1 grep -e eth0 -e eth1 root/calls
}

# fails_with LINE WORD..
fails_with() {
	line=$1
	shift
	fake_machine "$@"
	[ -z "$unplug" ] || rm -r made/sys/class/net/eth*
	fake_run 1 "$fake_calm
		net_up"
	fake_said "<3>blobroot: boot failed: network: $line"
}

atf_test_case what_cannot_be_is_said
what_cannot_be_is_said_body() {
	unplug=''
	fails_with 'ip=dhpc: dhpc: not a method (dhcp, auto6, none)' ip=dhpc
	fails_with 'no interface eth2: there is eth0 eth1' ip=eth2:dhcp
	fails_with 'no link: no carrier on eth0 in 10 s' ip=eth0:dhcp rd.net.timeout.carrier=10
	fails_with "bond=bond0:eth0: not in this initramfs; dracut's has it" bond=bond0:eth0
	unplug=yes
	fails_with 'no network card that has a driver here' quiet
	fails_with 'no interface eth0: there is no network card that has a driver here' ip=eth0:dhcp
}

atf_test_case a_root_without_name_servers_gets_ours
a_root_without_name_servers_gets_ours_body() {
	fake_root
	mkdir -p made/none made/missing/etc made/empty/etc made/filled/etc made/link/etc made/away made/other
	ln -s ../other made/away/etc
	: >made/empty/etc/resolv.conf
	echo nameserver 1.1.1.1 >made/filled/etc/resolv.conf
	ln -s ../run/stub made/link/etc/resolv.conf
	fake_run 0 'for root in none missing empty filled link away; do home_give_resolv "$blob_prefix/$root"; done'
	ours=/run/blobroot/home/etc/resolv.conf
	atf_check test ! -e root/none/etc
	atf_check -o inline:"$ours\n" readlink root/missing/etc/resolv.conf
	atf_check -o inline:"$ours\n" readlink root/empty/etc/resolv.conf
	atf_check -o inline:'nameserver 1.1.1.1\n' cat root/filled/etc/resolv.conf
	atf_check -o inline:'../run/stub\n' readlink root/link/etc/resolv.conf
	atf_check -o empty ls root/other
	# As without an overlay.
	fake_run 0 'ln() { echo "ln: x: Read-only file system"; return 1; }
		for root in none missing filled link away; do home_give_resolv "$blob_prefix/$root"; done'
	fake_said '<5>blobroot: handover: the root has no name servers: /etc/resolv.conf cannot be made: Read-only file system'
}

atf_init_test_cases() {
	atf_add_test_case the_first_card_with_a_link_asks_for_a_lease
	atf_add_test_case the_address_that_was_leased_is_said_not_one_that_a_router_has_announced
	atf_add_test_case a_card_without_an_answer_leaves_it_to_the_next
	atf_add_test_case a_static_address_with_all_there_is
	atf_add_test_case ip_off_leaves_the_network_alone
	atf_add_test_case what_cannot_be_is_said
	atf_add_test_case a_root_without_name_servers_gets_ours
}
