#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# The network parameters of dracut.cmdline(7) in the BusyBox initramfs, with the real ip, udhcpc and kernel: each row has
# the words and what comes of them.
# shellcheck disable=SC1091,SC2016,SC2154 # text for another shell; functions and variables of wire.sh

top=$(cd "$(atf_get_srcdir)/../../.." && pwd)
. "$top/tests/support/wire.sh"

# The two cards' hardware addresses are 52:54:00:00:00:0a and :0b; DHCP servers: 10.1.0.1 and 10.2.0.1.
cards='wire_card eth0 52:54:00:00:00:0a; wire_card eth1 52:54:00:00:00:0b'
leased=$cards'
	wire_dhcp eth0.far 10.1.0.1 --dhcp-option=6,10.1.0.53 --dhcp-option=15,one.lan
	wire_dhcp eth1.far 10.2.0.1 --dhcp-option=6,10.2.0.53 --dhcp-option=15,two.lan'
state='echo "used: $net_ifaces"; command ip -o addr show | sed "s/ *[0-9]*: //; /far/d; /: lo/d"
	command ip route; command ip -6 route; cat "$home_dir/etc/resolv.conf"; hostname'

# row WORDS HAS..: of a host with these words the state has lines that match each HAS, and none that match a !HAS.
row() {
	rm -rf root leases.* pid.* dnsmasq.*
	wire_up "$1"
	words=$1
	shift
	plug=$cards
	case "$words " in *dhcp* | BOOTIF=*) plug=$leased ;; esac
	wire_run "$plug
		net_up
		$state" || atf_fail "$words: ended with $?: $(tail -n 1 root/dev/kmsg) $(tail -n 3 out)"
	for has; do
		case $has in
		!*) ! grep -qE -e "${has#!}" out || atf_fail "$words: '${has#!}' is in: $(cat out)" ;;
		*) grep -qE -e "$has" out || atf_fail "$words: no '$has' in: $(cat out)" ;;
		esac
	done
}

atf_test_case each_static_form_of_ip
each_static_form_of_ip_body() {
	row ip=10.0.2.7::10.0.2.2:255.255.255.0:h7:eth0:none 'eth0 .*inet 10.0.2.7/24' '^default via 10.0.2.2 dev eth0' '^h7$' '^used: eth0$'
	row ip=10.0.2.7:10.0.2.1:10.0.2.2:255.255.255.0 'eth0 .*inet 10.0.2.7/24' '^default via 10.0.2.2 dev eth0' '!peer'
	row ip=10.0.2.7:192.0.2.1:10.0.2.2:24::eth1:off 'eth1 .*inet 10.0.2.7/24' '^default via 10.0.2.2 dev eth1' '!192.0.2.1'
	row ip=10.0.2.7:10.0.2.1:0.0.0.0:24:::none 'inet 10.0.2.7/24' '!^default'
	row ip=10.0.2.7:10.0.2.1:10.0.2.1:32::eth0:none 'inet 10.0.2.7 peer 10.0.2.1/32' '^default via 10.0.2.1 dev eth0'
	row ip=10.0.2.7:10.0.2.1/24:::::none 'inet 10.0.2.7 peer 10.0.2.1/24' '^10.0.2.0/24 dev eth0'
	row ip=10.0.2.7::192.0.2.1:32::eth0:none 'inet 10.0.2.7/32' '^default via 192.0.2.1 dev eth0' '^192.0.2.1 dev eth0'
	row ip=10.0.2.7:::24::eth0:none:9000:52:54:00:00:00:0c 'inet 10.0.2.7/24' '!^default'
	row ip=10.0.2.7:::24::eth0:none:1.1.1.1:9.9.9.9 '^nameserver 1.1.1.1' '^nameserver 9.9.9.9'
	row ip=10.0.2.7:::24::52-54-00-00-00-0b:none '^used: eth1' 'eth1 .*inet 10.0.2.7/24'
	row 'ip=[2001:db8::7]::[2001:db8::1]:64::eth0:none' 'inet6 2001:db8::7/64' '^default via 2001:db8::1 dev eth0'
	row 'ip=[2001:db8::7]::[fe80::1]:64::eth0:none nameserver=[2001:db8::53]' '^default via fe80::1 dev eth0' 'nameserver 2001:db8::53'
	row 'ip=[2001:db8::7]::[2001:db8:1::1]:128::eth0:none' '^default via 2001:db8:1::1 dev eth0'
}

atf_test_case each_way_to_say_which_card
each_way_to_say_which_card_body() {
	row ip=dhcp '^used: eth0$' 'inet 10.1.0' '!inet 10.2.0'
	row ip=eth1:dhcp:1400:52:54:00:00:00:0c '^used: eth1$' 'inet 10.2.0'
	row ip=52-54-00-00-00-0b:dhcp '^used: eth1$' 'inet 10.2.0' '!inet 10.1.0'
	row ip=52-54-00-00-00-0B:dhcp '^used: eth1$' '!inet 10.1.0'
	row BOOTIF=01-52-54-00-00-00-0B '^used: eth1$' 'inet 10.2.0' '!inet 10.1.0'
	row 'ip=dhcp BOOTIF=52:54:00:00:00:0b' '^used: eth1$' '!inet 10.1.0'
	row 'ip=10.0.2.7:10.0.2.1:10.0.2.2:24 BOOTIF=01-52-54-00-00-00-0b' '^used: eth1$' 'eth1 .*inet 10.0.2.7/24'
	row 'BOOTIF=01-52-54-00-00-00-0b rd.bootif=0' '^used: eth0$' '!inet 10.2.0'
	row 'ip=eth0:dhcp BOOTIF=01-52-54-00-00-00-0b' '^used: eth0$' '!inet 10.2.0'
}

atf_test_case several_interfaces_keep_their_routes_and_the_first_comes_first
several_interfaces_keep_their_routes_and_the_first_comes_first_body() {
	row 'ip=eth0:dhcp ip=eth1:dhcp' '^used: eth0 eth1$' '^default via 10.1.0.1 dev eth0 $' '^default via 10.2.0.1 dev eth1 metric 1101'
	row 'ip=eth0:dhcp ip=eth1:dhcp bootdev=eth1' '^default via 10.2.0.1 dev eth1 $' '^default via 10.1.0.1 dev eth0 metric 1100'
	row 'ip=10.0.2.7::10.0.2.2:24::eth0:none ip=10.0.3.7::10.0.3.2:24::eth1:none' '^used: eth0 eth1$' \
		'^default via 10.0.2.2 dev eth0 $' '^default via 10.0.3.2 dev eth1 metric 1101'
	row 'ip=10.0.2.7::10.0.2.2:24::eth0:none ip=[2001:db8::7]::[2001:db8::1]:64::eth0:none' '^used: eth0$' \
		'^default via 10.0.2.2 dev eth0 $' '^default via 2001:db8::1 dev eth0 metric 1024'
}

atf_test_case routes_and_name_servers
routes_and_name_servers_body() {
	row 'ip=10.0.2.7:::24::eth0:none rd.route=192.0.2.0/24:10.0.2.9 rd.route=198.51.100.0/24::eth0 rd.route=203.0.113.0/24:10.0.2.8:eth0' \
		'^192.0.2.0/24 via 10.0.2.9 dev eth0' '^198.51.100.0/24 dev eth0' '^203.0.113.0/24 via 10.0.2.8 dev eth0'
	row 'ip=[2001:db8::7]:::64::eth0:none rd.route=[2001:db8:3::/48]:[2001:db8::2]:eth0' '^2001:db8:3::/48 via 2001:db8::2 dev eth0'
	row 'ip=dhcp nameserver=1.1.1.1' '^nameserver 1.1.1.1' '^nameserver 10.1.0.53' '^search one.lan'
	row 'ip=dhcp nameserver=1.1.1.1 rd.peerdns=0' '^nameserver 1.1.1.1' '!10.1.0.53' '!one.lan'
}

# refused WORDS LINE
refused() {
	rm -rf root leases.* pid.* dnsmasq.*
	wire_up "$1"
	wire_run "$cards
		wait_until() { shift; \"\$@\"; }
		net_up" && atf_fail "$1: accepted"
	atf_check -o ignore grep -xF "<3>blobroot: boot failed: $2" root/dev/kmsg
}

atf_test_case what_is_wrong_or_not_there_is_refused_with_a_line
what_is_wrong_or_not_there_is_refused_with_a_line_body() {
	for word in bond bond=bond0:eth0 bridge=br0:eth0 team=team0:eth0 vlan=eth0.5:eth0 ifname=boot:52:54:00:00:00:0a \
		netroot=blob:http://x/y biosdevname=1 rd.net.timeout.ifup=5 rd.net.timeout.route=5 rd.net.dhcp.dscp=3 rd.net.typo=1; do
		refused "$word" "network: $word: not in this initramfs; dracut's has it"
	done
	refused rd.route=192.0.2.0/24 'network: rd.route=192.0.2.0/24: not NET/LEN:GATEWAY[:INTERFACE]'
	refused rd.route=192.0.2.0/024:10.0.2.9 'network: rd.route=192.0.2.0/024:10.0.2.9: not NET/LEN:GATEWAY[:INTERFACE]'
	refused rd.route=192.0.2.0/x:10.0.2.9 'network: rd.route=192.0.2.0/x:10.0.2.9: not NET/LEN:GATEWAY[:INTERFACE]'
	refused ip=off\ rd.route=192.0.2.0/24:x 'network: rd.route=192.0.2.0/24:x: not NET/LEN:GATEWAY[:INTERFACE]'
	refused nameserver=lan 'network: nameserver=lan: not an IP address'
	refused BOOTIF=eth0 'network: BOOTIF=eth0: not a hardware address'
	refused BOOTIF=01-52-54-00-00-00-0f 'network: no interface 52-54-00-00-00-0f: there is eth0 eth1'
	refused rd.break=mount 'cmdline: rd.break=mount: this initramfs stops at pre-pivot only'
}

atf_test_case what_is_for_other_programs_is_ignored_with_a_line
what_is_for_other_programs_is_ignored_with_a_line_body() {
	row 'ip=10.0.2.7:::24::eth0:none rd.luks=0 rd.udev.log_level=info rd.neednet=1 biosdevname=0 rd.shell=0' '^used: eth0'
	atf_check -o inline:'<5>blobroot: cmdline: rd.udev.log_level=info: not in this initramfs: ignored\n' grep -a cmdline: root/dev/kmsg
}

atf_init_test_cases() {
	atf_add_test_case each_static_form_of_ip
	atf_add_test_case each_way_to_say_which_card
	atf_add_test_case several_interfaces_keep_their_routes_and_the_first_comes_first
	atf_add_test_case routes_and_name_servers
	atf_add_test_case what_is_for_other_programs_is_ignored_with_a_line
	atf_add_test_case what_is_wrong_or_not_there_is_refused_with_a_line
}
