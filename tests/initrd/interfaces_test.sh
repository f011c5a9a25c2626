#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# initrd/lib/{networkd,handover}.sh: exactly the interfaces that carry the root are handed over, and what is on them stays.
# shellcheck disable=SC1091,SC2016,SC2034,SC2119 # text for other shells; variables and functions of fake.sh

top=$(atf_get_srcdir)
until [ -e "$top/initrd/mkinitrd" ]; do top=$top/..; done
. "$top/tests/initrd/fake.sh"

# A bond of two cards, and a VLAN on top of it.
bonded() {
	fake_root
	fake_card eth0 1
	fake_card eth1 1
	mkdir -p made/sys/class/net/bond0 made/sys/class/net/bond0.5 made/run/blobroot/home/etc made/run/blobroot/home/bin
	ln -s ../../eth0 made/sys/class/net/bond0/lower_eth0
	ln -s ../../eth1 made/sys/class/net/bond0/lower_eth1
	ln -s ../../bond0 made/sys/class/net/bond0.5/lower_bond0
	for card in eth0 eth1 bond0 bond0.5; do
		echo 52:54:00:12:34:56 >"made/sys/class/net/$card/address"
	done
	: >made/run/blobroot/home/etc/resolv.conf
}

atf_test_case what_a_bond_or_a_VLAN_is_made_of_is_left_alone_and_is_not_taken_for_it
what_a_bond_or_a_VLAN_is_made_of_is_left_alone_and_is_not_taken_for_it_body() {
	bonded
	fake_run 0 'handover_make "$NEWROOT" bond0.5'
	cd root/run/systemd/network || atf_fail 'nothing is handed over'
	atf_check -o inline:'00-blobroot-bond0.5.network\n00-blobroot-bond0.network\n00-blobroot-eth0.network\n00-blobroot-eth1.network\n' \
		sh -c 'ls *.network'
	atf_check -o match:'^Name=bond0.5$' -o match:'^KeepConfiguration=yes$' cat 00-blobroot-bond0.5.network
	for lower in bond0 eth0 eth1; do
		atf_check -o match:"^Name=$lower\$" -o match:'^Unmanaged=yes$' cat "00-blobroot-$lower.network"
		atf_check -o match:"unmanaged-devices\+=interface-name:$lower\$" cat "../../NetworkManager/conf.d/00-blobroot-$lower.conf"
	done
	atf_check -s exit:1 grep -ri MACAddress .
}

atf_test_case every_interface_is_handed_over
every_interface_is_handed_over_body() {
	bonded
	mkdir -p made/sysroot/etc/network
	: >made/sysroot/etc/network/interfaces
	fake_run 0 'handover_make "$NEWROOT" eth0 eth1'
	for card in eth0 eth1; do
		# It has no IPv6.
		atf_check -o match:'^KeepConfiguration=yes$' -o match:'^LinkLocalAddressing=no$' \
			cat "root/run/systemd/network/00-blobroot-$card.network"
		atf_check -o match:"^OriginalName=$card\$" cat "root/run/systemd/network/00-blobroot-$card.link"
		atf_check -o ignore grep -x "$card=blobroot" root/run/network/ifstate
	done
	atf_check -o inline:'eth0 eth1\n' cat root/run/blobroot/carriers
}

# stacked EXPECTED: what the image's own files put on eth0.
stacked() {
	fake_run 0 'handover_make "$NEWROOT" eth0'
	atf_check -o inline:"$1" sed '1,/IPv6AcceptRA/d' root/run/systemd/network/00-blobroot-eth0.network
}

atf_test_case the_images_VLANs_on_the_interface_stay
the_images_VLANs_on_the_interface_stay_body() {
	bonded
	etc=made/sysroot/etc/systemd/network lib=made/sysroot/usr/lib/systemd/network
	mkdir -p "$etc" "$lib"
	stacked ''
	printf '[Match]\nName=eth1\n[Network]\nVLAN=other\n' >"$lib/10-a.network"
	printf '[Match]\nName=en* et*\n\n[Network]\nDHCP=yes\nVLAN = vlan5\nVLAN=vlan6\nMACVLAN=mv\n[DHCPv4]\nVLAN=no\n' >"$lib/20-b.network"
	printf '[Match]\nName=eth0\n[Network]\nVLAN=late\n' >"$lib/30-c.network"
	stacked 'VLAN=vlan5\nVLAN=vlan6\nMACVLAN=mv\n'
	# The administrator's file of the same name counts, and the first that matches.
	printf '[Match]\nMACAddress=52-54-00-12-34-56\n[Network]\nVLAN=admin\n' >"$etc/20-b.network"
	stacked 'VLAN=admin\n'
	printf '[Match]\nDriver=virtio_net\n[Network]\nVLAN=unknown\n' >"$etc/05-x.network"
	stacked 'VLAN=admin\n'
	ln -s /dev/null "$etc/10-a.network"
	printf '[Match]\nType=ether\n[Network]\nDHCP=no\n' >"$etc/15-b.network"
	stacked ''
}

atf_init_test_cases() {
	atf_add_test_case what_a_bond_or_a_VLAN_is_made_of_is_left_alone_and_is_not_taken_for_it
	atf_add_test_case every_interface_is_handed_over
	atf_add_test_case the_images_VLANs_on_the_interface_stay
}
