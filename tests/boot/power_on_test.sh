#!/usr/bin/env atf-sh
# shellcheck shell=sh
# shellcheck source=tests/support/lan.sh
# SPDX-License-Identifier: MIT
#
# From power-on to the root, with nothing given to the machine but a network card: firmware, DHCP, iPXE, kernel,
# image, all from the dnsmasq and nginx that qemu/netboot sets up.
# shellcheck disable=SC2119 # functions of lan.sh, without their options

support=$(cd "$(atf_get_srcdir)/../support" && pwd)
# shellcheck source=tests/support/over.sh
. "$support/over.sh"

# power_on FIRMWARE HOST: a host of over.sh.
power_on() {
	over_be "$2"
	lan_flavour=$over_flavour
	. "$support/lan.sh"
	lan_enter
	lan_serve demo.nocheck
	lan_dhcp
	lan_power_on "$1" '^demo: done'
	boot_has "blobroot: root is up: transport=$over_transport"
	lan_served boot.ipxe vmlinuz initrd.img
}

atf_test_case a_BIOS_host_boots_by_the_iPXE_in_its_card
a_BIOS_host_boots_by_the_iPXE_in_its_card_body() {
	power_on bios cachefiles
	atf_check -s exit:1 grep 'dnsmasq-tftp.* sent ' dnsmasq.log
}

# The card's iPXE plays a card without: dnsmasq knows iPXE by nothing until undionly.kpxe has been sent.
atf_test_case a_BIOS_host_with_plain_PXE_loads_iPXE_first
a_BIOS_host_with_plain_PXE_loads_iPXE_first_body() {
	. "$support/lan.sh"
	lan_enter
	lan_serve demo.nocheck
	lan_site dnsmasq.conf '/^dhcp-userclass=/d'
	lan_dhcp
	(
		lan_until 1 'dnsmasq-tftp.* sent .*/undionly.kpxe'
		lan_no_dhcp
		rm dnsmasq.conf
		lan_dhcp
	) &
	lan_power_on bios '^demo: done'
	lan_served boot.ipxe vmlinuz initrd.img
}

atf_test_case a_UEFI_host_boots_by_HTTP
a_UEFI_host_boots_by_HTTP_body() {
	power_on uefi fuse_on_7_3
	lan_served snponly.efi
	atf_check -s exit:1 grep 'dnsmasq-tftp.* sent ' dnsmasq.log
}

atf_test_case a_UEFI_host_boots_by_PXE
a_UEFI_host_boots_by_PXE_body() {
	power_on uefi-pxe fuse
	atf_check -o ignore grep 'dnsmasq-tftp.* sent .*/snponly.efi' dnsmasq.log
}

atf_init_test_cases() {
	atf_add_test_case a_BIOS_host_boots_by_the_iPXE_in_its_card
	atf_add_test_case a_BIOS_host_with_plain_PXE_loads_iPXE_first
	atf_add_test_case a_UEFI_host_boots_by_HTTP
	atf_add_test_case a_UEFI_host_boots_by_PXE
}
