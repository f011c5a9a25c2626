#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# root=dhcp and netroot=dhcp in dracut's initramfs: the DHCP server names the image, and nothing else.
# shellcheck disable=SC1091,SC2154 # functions and variables of dracut.sh

top=$(cd "$(atf_get_srcdir)/../../.." && pwd)
. "$top/tests/support/dracut.sh"

hash=rd.blob.roothash=1111111111111111111111111111111111111111111111111111111111111111
operator=root=dhcp
ours=blob:http://boot.lan/root.erofs

# leases ROOT-PATH: a host of the operator's root hash, told by its DHCP server to boot from there.
leases() {
	dracut_words "$operator" "$hash"
	dracut_cmdline
	dracut_leased "$1"
}

atf_test_case the_image_that_a_lease_names_is_booted
the_image_that_a_lease_names_is_booted_body() {
	for flavour in dracut-6.12 dracut-legacy-6.12 dracut-059-6.12; do
		dracut_unpack "$flavour"
		leases "$ours"
		atf_check -o inline:'eth0 /sysroot\n' cat tree/reached
		atf_check -o match:" root=$ours\$" -o match:" $hash " cat tree/run/blobroot/cmdline
		operator='root=x netroot=dhcp'
	done
}

# NetworkManager has it up before any card has a link.
atf_test_case the_server_is_not_looked_for_through_lo
the_server_is_not_looked_for_through_lo_body() {
	dracut_unpack dracut-nm-6.12
	dracut_words "root=$ours" "$hash"
	dracut_cmdline
	dracut_run '. /run/state
		/sbin/netroot lo
		/sbin/netroot eth0'
	atf_check -o inline:'eth0 /sysroot\n' cat tree/reached
}

atf_test_case a_lease_adds_no_parameters_to_the_operators
a_lease_adds_no_parameters_to_the_operators_body() {
	for flavour in dracut-6.12 dracut-legacy-6.12; do
		dracut_unpack "$flavour"
		for bad in "$ours rd.blob.insecure" "$ours	rd.blob.mirror=http://evil/x" "$ours
rd.blob.insecure" "$ours$(printf '\r')" "$(printf '%s\303\251' "$ours")" blob: nbd:evil:root; do
			leases "$bad"
			atf_check test ! -e tree/reached
			atf_check -o ignore grep -a '^<3>blobroot: boot failed: ' tree/dev/kmsg
			atf_check -s not-exit:0 -o empty grep -as -e rd.blob.insecure -e evil tree/run/blobroot/cmdline
		done
		operator='root=x netroot=dhcp'
	done
}

atf_init_test_cases() {
	atf_add_test_case the_image_that_a_lease_names_is_booted
	atf_add_test_case the_server_is_not_looked_for_through_lo
	atf_add_test_case a_lease_adds_no_parameters_to_the_operators
}
