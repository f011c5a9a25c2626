#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# initrd/lib/ip.sh: the forms of dracut.cmdline(7)'s ip=.
# shellcheck disable=SC1091,SC2016,SC2034,SC2119 # text for other shells; variables and functions of fake.sh

top=$(atf_get_srcdir)
until [ -e "$top/initrd/mkinitrd" ]; do top=$top/..; done
. "$top/tests/initrd/fake.sh"

# parses VALUE EXPECTED: EXPECTED is what ip_parse fills in, as `name=value ..` in the order below.
parses() {
	fake_root
	fake_run 0 "ip_parse '$1' || echo \"error=\$ip_error\"
		for name in method iface addr peer gateway prefix hostname mtu mac dns; do
			eval \"value=\\\$ip_\$name\"
			[ -z \"\$value\" ] || printf '%s=%s ' \$name \"\$value\"
		done"
	atf_check -o inline:"$2 " cat out
}

# refuses VALUE REASON
refuses() {
	fake_root
	fake_run 0 "ip_parse '$1' && echo accepted || echo \"\$ip_error\""
	atf_check -o inline:"$2\n" cat out
}

atf_test_case a_method_alone
a_method_alone_body() {
	parses dhcp 'method=dhcp'
	parses on 'method=dhcp'
	parses any 'method=dhcp'
	parses auto6 'method=auto6'
	parses off 'method=none'
	parses none 'method=none'
}

atf_test_case an_interface_and_a_method
an_interface_and_a_method_body() {
	parses eth0:dhcp 'method=dhcp iface=eth0'
	parses eth0:dhcp:1400 'method=dhcp iface=eth0 mtu=1400'
	parses eth0:on:1400:52:54:00:12:34:56 'method=dhcp iface=eth0 mtu=1400 mac=52:54:00:12:34:56'
	parses eth0:auto6::52:54:00:ab:CD:ef 'method=auto6 iface=eth0 mac=52:54:00:ab:CD:ef'
}

atf_test_case a_static_address
a_static_address_body() {
	parses 10.0.2.7::10.0.2.2:255.255.255.0:host:eth0:none \
		'method=static iface=eth0 addr=10.0.2.7 gateway=10.0.2.2 prefix=24 hostname=host'
	parses 10.0.2.7:::24::eth0:off 'method=static iface=eth0 addr=10.0.2.7 prefix=24'
	parses 10.0.2.7:10.0.2.1::32:::none 'method=static addr=10.0.2.7 peer=10.0.2.1 prefix=32'
	parses 10.0.2.7::10.0.2.2:24:host 'method=static addr=10.0.2.7 gateway=10.0.2.2 prefix=24 hostname=host'
	parses ::::host:eth1:dhcp 'method=dhcp iface=eth1 hostname=host'
	parses 10.0.2.7:10.0.2.1/24:::::none 'method=static addr=10.0.2.7 peer=10.0.2.1/24 prefix=32'
}

# CLIENT:SERVER:GATEWAY:MASK, the server being the one that the firmware has booted from.
atf_test_case what_pxelinux_and_iPXE_write
what_pxelinux_and_iPXE_write_body() {
	parses 10.0.2.7:10.0.2.1:10.0.2.2:255.255.255.0 'method=static addr=10.0.2.7 gateway=10.0.2.2 prefix=24'
	parses 10.0.2.7:192.0.2.1:10.0.2.2:255.255.255.0::eth0:none 'method=static iface=eth0 addr=10.0.2.7 gateway=10.0.2.2 prefix=24'
	parses 10.0.2.7:10.0.2.1:0.0.0.0:255.255.255.0 'method=static addr=10.0.2.7 prefix=24'
	parses 52-54-00-12-34-56:dhcp 'method=dhcp iface=52-54-00-12-34-56'
}

atf_test_case an_MTU_or_name_servers_at_the_end
an_MTU_or_name_servers_at_the_end_body() {
	parses 10.0.2.7:::24::eth0:none:9000:52:54:00:12:34:56 \
		'method=static iface=eth0 addr=10.0.2.7 prefix=24 mtu=9000 mac=52:54:00:12:34:56'
	parses 10.0.2.7:::24::eth0:none:1.1.1.1:9.9.9.9 'method=static iface=eth0 addr=10.0.2.7 prefix=24 dns=1.1.1.1 9.9.9.9'
	parses '10.0.2.7:::24::eth0:none:[2001:db8::53]' 'method=static iface=eth0 addr=10.0.2.7 prefix=24 dns=2001:db8::53'
}

atf_test_case IPv6_in_brackets
IPv6_in_brackets_body() {
	parses '[2001:db8::7]::[2001:db8::1]:64:host:eth0:none' \
		'method=static iface=eth0 addr=2001:db8::7 gateway=2001:db8::1 prefix=64 hostname=host'
	parses '[2001:db8::7]:::::eth0:none:1500' 'method=static iface=eth0 addr=2001:db8::7 prefix=64 mtu=1500'
	parses '[fe80::1]:[fe80::2]::128:::none' 'method=static addr=fe80::1 peer=fe80::2 prefix=128'
}

atf_test_case every_netmask
every_netmask_body() {
	parses 1.2.3.4:::0.0.0.0:::none 'method=static addr=1.2.3.4 prefix=0'
	parses 1.2.3.4:::128.0.0.0:::none 'method=static addr=1.2.3.4 prefix=1'
	parses 1.2.3.4:::255.255.254.0:::none 'method=static addr=1.2.3.4 prefix=23'
	parses 1.2.3.4:::255.255.255.255:::none 'method=static addr=1.2.3.4 prefix=32'
	parses 1.2.3.4:::::eth0:none 'method=static iface=eth0 addr=1.2.3.4 prefix=32'
}

atf_test_case what_is_wrong_is_named
what_is_wrong_is_named_body() {
	refuses dhcp6 'dhcp6: not in this initramfs, which has dhcp, auto6 and static addresses'
	refuses eth0:ibft 'ibft: not in this initramfs, which has dhcp, auto6 and static addresses'
	refuses eth0 'eth0: not a method (dhcp, auto6, none)'
	refuses 10.0.2.7 '10.0.2.7: not a method (dhcp, auto6, none)'
	refuses 10.0.2.7:::24::eth0:dchp 'dchp: not a method (dhcp, auto6, none)'
	refuses 10.0.2.256:::24::eth0:none '10.0.2.256: not an IP address'
	refuses 10.0.2.7.:::24::eth0:none '10.0.2.7.: not an IP address'
	refuses 10.0.2.7::10.0.2:24::eth0:none '10.0.2: not an IP address'
	refuses 10.0.2.7:::33::eth0:none '33: not a netmask'
	refuses 10.0.2.7:::255.0.255.0::eth0:none '255.0.255.0: not a netmask'
	refuses '[2001:db8::7]:::129::eth0:none' '129: not a netmask'
	refuses 10.0.2.7:::24::eth0:none:1.1.1.1:x 'x: not a DNS server'\''s address'
	refuses eth0:dhcp:big 'big: not an MTU'
	refuses eth0:dhcp:1500:52:54:00:12:34 '52:54:00:12:34: not a hardware address'
	refuses 10.0.2.7:10.0.2.1/33:::::none "10.0.2.1/33: not a peer's address with a length"
	refuses 10.0.2.7:10.0.2.1/x:::::none "10.0.2.1/x: not a peer's address with a length"
	refuses ::::host:eth0:none 'no address: CLIENT is empty'
}

# To BusyBox's ip it is octal: 024 would be 20, an MTU of 01500 would be 832.
atf_test_case a_number_with_a_0_in_front_is_refused
a_number_with_a_0_in_front_is_refused_body() {
	refuses 10.0.2.7:::024::eth0:none '024: not a netmask'
	refuses '[2001:db8::7]:::064::eth0:none' '064: not a netmask'
	refuses 10.0.2.7:::255.255.00.0::eth0:none '255.255.00.0: not a netmask'
	refuses 10.0.2.07:::24::eth0:none '10.0.2.07: not an IP address'
	refuses 10.0.2.7:10.0.2.1/024:::::none "10.0.2.1/024: not a peer's address with a length"
	refuses eth0:dhcp:01500 '01500: not an MTU'
	parses 0.0.0.0:::0::eth0:none 'method=static iface=eth0 addr=0.0.0.0 prefix=0'
}

atf_init_test_cases() {
	atf_add_test_case a_number_with_a_0_in_front_is_refused
	atf_add_test_case a_method_alone
	atf_add_test_case an_interface_and_a_method
	atf_add_test_case a_static_address
	atf_add_test_case what_pxelinux_and_iPXE_write
	atf_add_test_case an_MTU_or_name_servers_at_the_end
	atf_add_test_case IPv6_in_brackets
	atf_add_test_case every_netmask
	atf_add_test_case what_is_wrong_is_named
}
