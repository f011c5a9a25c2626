#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# hooks/dracut/55blobroot/network-words.sh: which cards systemd-networkd configures of those that no parameter names, and how.
# systemd-networkd takes the first file, in the order of their names, that matches an interface.
# shellcheck disable=SC1091,SC2086,SC2154 # functions and variables of dracut.sh; words

top=$(cd "$(atf_get_srcdir)/../../.." && pwd)
. "$top/tests/support/dracut.sh"

flavours='dracut-6.12 dracut-059-networkd-6.12'
bootif=BOOTIF=01-52-54-00-AB-CD-EF

# parses WORD..: 0 if dracut's hooks have gone through. Then its generator has, too.
parses() {
	dracut_words root=blob:http://x/y rd.blob.insecure "$@"
	dracut_cmdline
	[ -e tree/run/state ] || return
	dracut_run "/usr/lib/systemd/systemd-network-generator -- $*" || atf_fail "$*: the generator fails: $(cat out)"
}

# with WORD..
with() { parses "$@" || atf_fail "$*: $(tail -n 1 tree/dev/kmsg)"; }

# configures NAME MAC CHECK..: the file that counts for that card.
configures() {
	: >counts
	for file in tree/run/systemd/network/*.network; do
		if grep -qixF -e "Name=$1" -e "MACAddress=$2" "$file" || grep -qx 'Kind=!\*' "$file"; then
			cp "$file" counts
			break
		fi
	done
	shift 2
	atf_check "$@" cat counts
}
booted=52:54:00:ab:cd:ef other=52:54:00:00:00:01

atf_test_case BOOTIF_is_the_only_card_that_is_configured
BOOTIF_is_the_only_card_that_is_configured_body() {
	for flavour in $flavours; do
		dracut_unpack "$flavour"
		for words in '' ip=dhcp ip=dhcp6 nameserver=192.0.2.53; do
			with "$bootif" $words
			configures eth7 $booted -o match:'^MACAddress=52:54:00:ab:cd:ef$' -o match:'^DHCP=' -o not-match:'^Kind='
			configures eth8 $other -o match:'^Unmanaged=yes$' -o not-match:'^DHCP='
		done
		with "$bootif" rd.bootif=0
		configures eth7 $booted -o not-match:MACAddress
		! parses BOOTIF=nonsense || atf_fail 'BOOTIF=nonsense is accepted'
	done
}

# For the card of an ip= that names none.
atf_test_case BOOTIF_beside_a_named_interface
BOOTIF_beside_a_named_interface_body() {
	for flavour in $flavours; do
		dracut_unpack "$flavour"
		with "$bootif" ip=eth0:dhcp
		configures eth7 $booted -o empty
		for words in 'ip=192.0.2.7:::24::eth0:none ip=dhcp' \
			'ip=dhcp ip=192.0.2.7:::24::eth0:none rd.route=198.51.100.0/24:192.0.2.9:eth0 vlan=eth1.5:eth1'; do
			with "$bootif" $words
			configures eth7 $booted -o match:'^DHCP=ipv4$' -o match:'^MACAddress='
			configures eth0 $other -o match:'^Address=192.0.2.7/24$'
			configures eth8 $other -o match:'^Unmanaged=yes$'
		done
	done
}

# The generator makes a default of them without DHCP, or drops that of ip=dhcp because an interface is named.
atf_test_case no_other_parameter_takes_DHCP_from_the_cards_that_none_names
no_other_parameter_takes_DHCP_from_the_cards_that_none_names_body() {
	for flavour in $flavours; do
		dracut_unpack "$flavour"
		with nameserver=192.0.2.53
		configures eth7 $other -o match:'^DHCP=yes$' -o match:'^DNS=192.0.2.53$' -o not-match:Name= -o not-match:MACAddress=
		with rd.peerdns=0 vlan=eth0.5:eth0
		configures eth7 $other -o match:'^DHCP=yes$' -o match:'^UseDNS=no$' -o not-match:Name=
		configures eth0 $other -o match:'^VLAN=eth0.5$'
		with ip=dhcp ip=192.0.2.7:::24::eth0:none
		configures eth7 $other -o match:'^DHCP=ipv4$' -o not-match:Name=
		configures eth0 $other -o match:'^Address=192.0.2.7/24$'
		with ip=eth0:dhcp nameserver=192.0.2.53
		configures eth7 $other -o empty
	done
}

# Not even of those in the root directory.
atf_test_case a_word_is_no_pattern_of_file_names
a_word_is_no_pattern_of_file_names_body() {
	dracut_unpack dracut-6.12
	: >"tree/ip=eth1:dhcp"
	dracut_words root=blob:http://x/y rd.blob.insecure "$bootif" 'ip=eth[0-9]:dhcp'
	dracut_cmdline
	atf_check -s not-exit:0 grep -rsh eth1 tree/run
}

# As any other: dracut reads them, too.
atf_test_case words_of_etc_cmdline_d_are_looked_at
words_of_etc_cmdline_d_are_looked_at_body() {
	dracut_unpack dracut-6.12
	dracut_words root=blob:http://x/y rd.blob.insecure
	mkdir -p tree/etc/cmdline.d
	echo bootdev=eth0 >tree/etc/cmdline.d/10-mine.conf
	dracut_cmdline
	atf_check -o ignore grep '^<3>blobroot: boot failed: network: bootdev=eth0: not in this initramfs' tree/dev/kmsg
}

atf_init_test_cases() {
	atf_add_test_case BOOTIF_is_the_only_card_that_is_configured
	atf_add_test_case BOOTIF_beside_a_named_interface
	atf_add_test_case no_other_parameter_takes_DHCP_from_the_cards_that_none_names
	atf_add_test_case a_word_is_no_pattern_of_file_names
	atf_add_test_case words_of_etc_cmdline_d_are_looked_at
}
