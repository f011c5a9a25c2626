#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# initrd/lib/{net,link,dhcp,home}.sh: which interface is taken, what is done to it, and what is said.
# shellcheck disable=SC1091,SC2016,SC2034,SC2119 # text for other shells; variables and functions of fake.sh

top=$(atf_get_srcdir)
until [ -e "$top/initrd/mkinitrd" ]; do top=$top/..; done
. "$top/tests/initrd/fake.sh"

# Time does not pass, and the address that net_say reports is there.
calm='wait_until() { shift; "$@"; }
	ip() { called ip "$@"; case "$*" in *" addr show "*) echo "2: eth0 inet 10.0.2.7/24 scope global";; esac; }'

# A machine with two cards, the second one connected.
machine() {
	fake_root "$@"
	mkdir -p made/etc made/bin made/lib/blobroot made/sys/class/net/lo
	: >made/bin/busybox
	: >made/bin/blobrootd
	: >made/lib/blobroot/lease-update
	chmod +x made/bin/busybox made/lib/blobroot/lease-update
	fake_card eth0 0
	fake_card eth1 1
}

atf_test_case the_first_card_with_a_link_asks_for_a_lease
the_first_card_with_a_link_asks_for_a_lease_body() {
	machine quiet
	fake_run 0 "$calm
		net_up"
	fake_called 'ip link set eth0 up'
	fake_called "chroot $PWD/root/run/blobroot/home @/udhcpc -i eth1 -p /udhcpc.eth1.pid -t 5 -n -T 3 -A 1 -O staticroutes -O mtu -O search -s /bin/lease-update"
	fake_said '<5>blobroot: network: eth1: 10.0.2.7/24 by dhcp, DNS none'
	atf_check -o inline:'../bin/busybox\n' readlink root/run/blobroot/home/@/udhcpc
	atf_check test -x root/run/blobroot/home/bin/busybox
}

atf_test_case a_card_without_an_answer_leaves_it_to_the_next
a_card_without_an_answer_leaves_it_to_the_next_body() {
	machine quiet
	fake_card eth0 1
	fake_run 0 "$calm
		chroot() { called chroot \"\$@\"; [ \"\$4\" = eth1 ]; }
		net_up"
	fake_said '<5>blobroot: network: eth1: 10.0.2.7/24 by dhcp, DNS none'
}

# Each time udhcpc is asked, `asked` says how often that was.
count='asked() { echo >>"$blob_prefix/asked"; wc -l <"$blob_prefix/asked"; }'

atf_test_case a_DHCP_server_is_waited_for
a_DHCP_server_is_waited_for_body() {
	machine quiet
	fake_run 0 "$calm; $count
		wait_until() { wait_seconds=\$1; shift; until \"\$@\"; do [ \$wait_seconds -eq 0 ] || return; done; }
		chroot() { called chroot \"\$@\"; [ \$(asked) -eq 9 ]; }
		net_up"
	fake_said '<5>blobroot: network: eth1: 10.0.2.7/24 by dhcp, DNS none'
	atf_check -o inline:'9\n' grep -c '^chroot.* -i eth1 ' root/calls
}

atf_test_case no_answer_in_the_time_given_ends_the_boot
no_answer_in_the_time_given_ends_the_boot_body() {
	machine rd.net.timeout.dhcp=7
	fake_card eth0 1
	fake_run 1 "$calm
		chroot() { called chroot \"\$@\"; return 1; }
		net_up"
	# So long, and no longer, is each card asked.
	atf_check -o inline:'2\n' grep -c '^chroot.* -t 3 ' root/calls
	fake_said '<3>blobroot: boot failed: network: eth0 eth1: no DHCP server answered in 7 s'
	for wrong in x -1 08 1234567890; do
		machine "rd.net.timeout.dhcp=$wrong"
		fake_run 1 "$calm
			net_up"
		fake_said "<3>blobroot: boot failed: network: rd.net.timeout.dhcp=$wrong: not a number of seconds"
	done
}

atf_test_case a_cable_that_is_moved_and_a_card_that_comes_late_are_found
a_cable_that_is_moved_and_a_card_that_comes_late_are_found_body() {
	machine quiet
	rm -r made/sys/class/net/eth1
	patient='wait_until() { shift; until "$@"; do :; done; }'
	# No link on the only card, and after a while another one.
	fake_run 0 "$calm; $count; $patient
		modules_coldplug() {
			[ \$(asked) -eq 3 ] || return 0
			mkdir -p \"\$blob_prefix/sys/class/net/eth1/device\"
			echo 1 >\"\$blob_prefix/sys/class/net/eth1/carrier\"
		}
		net_up"
	fake_called 'ip link set eth1 up'
	fake_said '<5>blobroot: network: eth1: 10.0.2.7/24 by dhcp, DNS none'
	# A link where nobody answers, until it is on the other card.
	machine quiet
	fake_card eth0 1
	fake_card eth1 0
	fake_run 0 "$calm; $count; $patient
		chroot() {
			called chroot \"\$@\"
			[ \$(asked) -lt 3 ] || echo 1 >\"\$blob_prefix/sys/class/net/eth1/carrier\"
			[ \"\$4\" = eth1 ]
		}
		net_up"
	fake_said '<5>blobroot: network: eth1: 10.0.2.7/24 by dhcp, DNS none'
}

atf_test_case a_static_address_with_all_there_is
a_static_address_with_all_there_is_body() {
	machine ip=10.0.2.7::10.0.2.2:24:host7:eth1:none:1400:52:54:00:12:34:56 nameserver=9.9.9.9 "nameserver=[2001:db8::53]"
	fake_run 0 "$calm
		net_up"
	fake_called 'ip link set eth1 address 52:54:00:12:34:56'
	fake_called 'ip link set eth1 mtu 1400'
	fake_called 'hostname host7'
	fake_called 'ip addr add 10.0.2.7/24 dev eth1'
	fake_called 'ip route replace default via 10.0.2.2 dev eth1'
	fake_said '<5>blobroot: network: eth1: 10.0.2.7/24 by static, DNS 9.9.9.9 2001:db8::53'
	atf_check -o inline:'/run/blobroot/home/etc/resolv.conf\n' readlink root/etc/resolv.conf
	atf_check -s exit:1 grep -e chroot -e 'eth0' root/calls
}

atf_test_case ip_off_leaves_the_network_alone
ip_off_leaves_the_network_alone_body() {
	machine ip=off
	fake_run 0 "$calm
		net_up"
	atf_check -s exit:1 grep -e eth0 -e eth1 root/calls
}

# fails_with LINE WORD..
fails_with() {
	line=$1
	shift
	machine "$@"
	[ -z "$unplug" ] || rm -r made/sys/class/net/eth*
	fake_run 1 "$calm
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
	mkdir -p made/none made/missing/etc made/empty/etc made/filled/etc made/link/etc
	: >made/empty/etc/resolv.conf
	echo nameserver 1.1.1.1 >made/filled/etc/resolv.conf
	ln -s ../run/stub made/link/etc/resolv.conf
	fake_run 0 'for root in none missing empty filled link; do home_give_resolv "$blob_prefix/$root"; done'
	ours=/run/blobroot/home/etc/resolv.conf
	atf_check test ! -e root/none/etc
	atf_check -o inline:"$ours\n" readlink root/missing/etc/resolv.conf
	atf_check -o inline:"$ours\n" readlink root/empty/etc/resolv.conf
	atf_check -o inline:'nameserver 1.1.1.1\n' cat root/filled/etc/resolv.conf
	atf_check -o inline:'../run/stub\n' readlink root/link/etc/resolv.conf
}

atf_init_test_cases() {
	atf_add_test_case the_first_card_with_a_link_asks_for_a_lease
	atf_add_test_case a_card_without_an_answer_leaves_it_to_the_next
	atf_add_test_case a_DHCP_server_is_waited_for
	atf_add_test_case no_answer_in_the_time_given_ends_the_boot
	atf_add_test_case a_cable_that_is_moved_and_a_card_that_comes_late_are_found
	atf_add_test_case a_static_address_with_all_there_is
	atf_add_test_case ip_off_leaves_the_network_alone
	atf_add_test_case what_cannot_be_is_said
	atf_add_test_case a_root_without_name_servers_gets_ours
}
