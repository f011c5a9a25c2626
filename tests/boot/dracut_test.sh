#!/usr/bin/env atf-sh
# shellcheck shell=sh
# shellcheck source=tests/support/lan.sh
# SPDX-License-Identifier: MIT
#
# dracut's initramfs with our module, each version and network module of it, and what it says when it cannot go on
# (hooks/refused_test has more).
# shellcheck disable=SC2034,SC2119,SC2154 # functions and variables of lan.sh and turn.sh

support=$(cd "$(atf_get_srcdir)/../support" && pwd)

# on_lan CASE: a LAN with a DHCP server.
on_lan() {
	. "$support/lan.sh"
	boot_by_newer_qemu
	lan_enter
	lan_serve
	boot_options="--tap lan0 --cpus 1 --mem 1024 --timeout 900"
}

# brings_up FLAVOUR [WORD..]: the demo root, whose files are right, and whose lease is ours to renew.
brings_up() {
	on_lan
	lan_dhcp
	flavour=$1
	shift
	# Only a proxy can lead to this name, and the server is one as far as it matters.
	guest_url=http://behind.the.proxy
	boot "$flavour" demo.erofs 0 '^demo: done' ip=dhcp "$boot_proof" demo.every=10 demo.run=processes http_proxy=http://boot.lan:80 "$@"
	boot_has 'blobroot: network: [a-z0-9]+: 192.0.2.[0-9]+/24 by dracut, DNS 192.0.2.1'
	boot_has 'blobroot: root is up: transport=cachefiles'
	boot_has '^demo: all checksums right'
	boot_has '^PROCESS @/udhcpc '
	# Nobody gave the address back.
	atf_check -s exit:1 grep DHCPRELEASE dnsmasq.log
}

atf_test_case dracut_106_with_NetworkManager_brings_up_the_root
dracut_106_with_NetworkManager_brings_up_the_root_body() { brings_up dracut-nm-6.12; }

atf_test_case dracut_059_with_its_own_network_scripts_brings_up_the_root
dracut_059_with_its_own_network_scripts_brings_up_the_root_body() { brings_up dracut-059-6.12; }

# That dracut leaves all but the program to others.
atf_test_case dracut_059_with_systemd_networkd_brings_up_the_root
dracut_059_with_systemd_networkd_brings_up_the_root_body() { brings_up dracut-059-networkd-6.12; }

atf_test_case a_server_that_comes_late_on_the_second_card_is_waited_for
a_server_that_comes_late_on_the_second_card_is_waited_for_body() {
	on_lan
	turn_needless=1
	lan_add other0
	boot_options="--tap other0 --tap lan0 --cpus 1 --mem 1024 --timeout 900"
	# The first card has a DHCP server, too, and no way to the image. It is up first, and the root comes over the second.
	$httpd_prefix ip addr add 198.51.100.1/24 dev other0
	guest_url=http://192.0.2.1
	(
		lan_until 1 'network: waiting for an address: .*: [3-9][0-9] s so far' console.raw
		lan_dhcp
	) &
	lan_other_dhcp
	boot dracut-6.12 demo.erofs 0 '^demo: done' ip=dhcp "$boot_proof" demo.nocheck demo.run=addresses
	boot_has 'blobroot: network: enp0s1: 198.51.100.[0-9]+/24 by dracut'
	boot_has 'blobroot: network: the root comes over enp0s2$'
	# The one that carries the root stays, and the other is as dracut has left it.
	boot_has '^ADDRESSES enp0s2 192.0.2.[0-9]+/24 forever'
	boot_has '^ADDRESSES enp0s1 198.51.100.[0-9]+/24 [0-9]+sec'
}

atf_test_case a_typo_ends_the_boot_before_the_network_is_waited_for
a_typo_ends_the_boot_before_the_network_is_waited_for_body() {
	. "$support/boot.sh"
	boot_by_newer_qemu
	boot_serve
	boot_options='--cpus 1 --mem 1024 --timeout 900'
	boot dracut-6.12 demo.erofs 3 '^never$' ip=dhcp rd.blob.insecure rd.blob.cahce=ram
	boot_fails_with 'rd.blob.cahce=ram: no such parameter'
	boot_has_not 'blobroot: network:'
}

atf_test_case an_image_for_another_machine_ends_in_a_shell_where_that_is_asked_for
an_image_for_another_machine_ends_in_a_shell_where_that_is_asked_for_body() {
	. "$support/boot.sh"
	boot_by_newer_qemu
	mkdir -p tree/sbin tree/etc www
	printf '\177ELF\002\001\001\000\000\000\000\000\000\000\000\000\002\000\267\000' >tree/sbin/init
	chmod +x tree/sbin/init
	atf_check -o ignore "$boot_top/images/mkimage" --all-root tree www/arm.erofs
	boot_serve
	boot_options='--cpus 1 --mem 1024 --timeout 900'
	boot dracut-legacy-6.12 arm.erofs 0 'Dropping to debug shell' ip=dhcp "rd.blob.roothash=$(cat www/arm.erofs.roothash)" rd.shell
	boot_fails_with 'root: /sbin/init: the image is for another machine: aarch64, and this one is x86_64'
	boot_has_not 'Kernel panic'
}

atf_init_test_cases() {
	atf_add_test_case dracut_106_with_NetworkManager_brings_up_the_root
	atf_add_test_case dracut_059_with_its_own_network_scripts_brings_up_the_root
	atf_add_test_case dracut_059_with_systemd_networkd_brings_up_the_root
	atf_add_test_case a_server_that_comes_late_on_the_second_card_is_waited_for
	atf_add_test_case a_typo_ends_the_boot_before_the_network_is_waited_for
	atf_add_test_case an_image_for_another_machine_ends_in_a_shell_where_that_is_asked_for
}
