# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Parse one ip= parameter, in the syntax of dracut.cmdline(7). Pure: its only output is variables.
#
#   ip=dhcp|on|any|auto6|none|off
#   ip=IFACE:dhcp|on|any|auto6[:[MTU][:MAC]]
#   ip=CLIENT:[PEER]:[GATEWAY]:[MASK]:[HOSTNAME]:[IFACE]:none|off|dhcp|on|any|auto6[:[MTU][:MAC]]
#   ip=CLIENT:[PEER]:[GATEWAY]:[MASK]:[HOSTNAME]:[IFACE]:none|off|dhcp|on|any|auto6[:[DNS1][:DNS2]]
#
# MASK is dotted or a prefix length; IPv6 addresses are in brackets. IFACE is a name, or a hardware address with
# hyphens. PEER is the other end of a point-to-point link: with a length of its own (PEER/LEN), or where MASK leaves no
# room for others. Otherwise it is the boot server, as pxelinux and iPXE fill the field in, and means nothing here.
# No number has a 0 in front: to BusyBox's ip that is octal.

# ip_parse VALUE: fills in ip_method (dhcp, auto6, static or none), ip_iface, ip_addr, ip_peer, ip_gateway,
# ip_prefix (a length), ip_hostname, ip_mtu, ip_mac and ip_dns (blank-separated). If VALUE is invalid, it
# returns false, with the reason in ip_error.
ip_parse() {
	ip_rest=$1 ip_error=''
	ip_method='' ip_iface='' ip_addr='' ip_peer='' ip_gateway='' ip_prefix='' ip_hostname=''
	ip_mtu='' ip_mac='' ip_dns=''
	ip_next
	if [ -z "$ip_rest" ]; then
		ip_set_method "$ip_field"
		return
	fi
	ip_addr=$ip_field
	ip_next
	if [ -z "$ip_brackets" ] && ip_is_method "$ip_field"; then
		ip_iface=$ip_addr ip_addr=''
		ip_set_method "$ip_field" && ip_set_link
		return
	fi
	ip_peer=$ip_field; ip_next; ip_gateway=${ip_field#0.0.0.0} # which pxelinux writes for none
	ip_next; ip_prefix=$ip_field
	ip_next; ip_hostname=$ip_field
	ip_next; ip_iface=$ip_field
	ip_next
	ip_set_method "${ip_field:-none}" && ip_set_tail && ip_check_addresses || return
	[ "$ip_method" != none ] || ip_method=static
	[ "$ip_method" != static ] || [ -n "$ip_addr" ] || ip_refuse "no address: CLIENT is empty"
}

# Cut the first field off ip_rest.
ip_next() {
	ip_brackets=''
	case $ip_rest in
	\[*\]*)
		ip_brackets=yes
		ip_field=${ip_rest%%\]*} ip_rest=${ip_rest#*\]}
		ip_field=${ip_field#\[} ip_rest=${ip_rest#:}
		;;
	*:*) ip_field=${ip_rest%%:*} ip_rest=${ip_rest#*:} ;;
	*) ip_field=$ip_rest ip_rest='' ;;
	esac
}

ip_refuse() {
	ip_error=$1
	return 1
}

ip_is_method() {
	case $1 in
	none | off | dhcp | on | any | single-dhcp | auto6 | dhcp6 | either6 | link6 | link-local | ibft) ;;
	*) return 1 ;;
	esac
}

ip_set_method() {
	case $1 in
	dhcp | on | any | single-dhcp) ip_method=dhcp ;;
	auto6 | none) ip_method=$1 ;;
	off) ip_method=none ;;
	*)
		if ip_is_method "$1"; then
			ip_refuse "$1: not in this initramfs, which has dhcp, auto6 and static addresses"
		else
			ip_refuse "$1: not a method (dhcp, auto6, none)"
		fi
		;;
	esac
}

# What follows the method: [MTU][:MAC] or [DNS1][:DNS2]. Only an MTU is a bare number.
ip_set_tail() {
	case $ip_rest in
	\[* | [0-9]*.*.*.*)
		while [ -n "$ip_rest" ]; do
			ip_next
			ip_is_address "$ip_field" || ip_refuse "$ip_field: not a DNS server's address" || return
			ip_dns="$ip_dns${ip_dns:+ }$ip_field"
		done
		;;
	*) ip_set_link ;;
	esac
}

ip_set_link() {
	ip_next
	ip_mtu=$ip_field ip_mac=$ip_rest
	case $ip_mtu in
	*[!0-9]* | 0?* | ??????*) ip_refuse "$ip_mtu: not an MTU" || return ;;
	esac
	[ -z "$ip_mac" ] || echo "$ip_mac" | grep -Eqi '^[0-9a-f]{2}(:[0-9a-f]{2}){5}$' ||
		ip_refuse "$ip_mac: not a hardware address"
}

ip_check_addresses() {
	for ip_each in $ip_addr ${ip_peer%/*} $ip_gateway; do
		ip_is_address "$ip_each" || ip_refuse "$ip_each: not an IP address" || return
	done
	[ -n "$ip_addr" ] || return 0
	case $ip_addr in
	*:*) set -- 64 128 ;;
	*) set -- 32 32 ;;
	esac
	: "${ip_prefix:=$1}"
	case $ip_prefix in
	*.*) ip_mask_to_prefix ;;
	*[!0-9]* | 0?* | ????*) false ;;
	*) [ "$ip_prefix" -le "$2" ] ;;
	esac || ip_refuse "$ip_prefix: not a netmask" || return
	case $ip_peer in
	*/*[!0-9]* | */ | */0?* | */????*) false ;;
	*/*) [ "${ip_peer#*/}" -le "$2" ] ;;
	*) [ "$ip_prefix" -eq "$2" ] || ip_peer='' ;;
	esac || ip_refuse "$ip_peer: not a peer's address with a length"
}

# Leading ones, then zeros: 2^32 minus a power of two. BusyBox's awk is built without exponentiation.
ip_mask_to_prefix() {
	ip_is_address "$ip_prefix" || return
	ip_bits=$(echo "$ip_prefix" | awk -F. '{ n = (($1 * 256 + $2) * 256 + $3) * 256 + $4
		for (p = 32; p >= 0; p--) {
			hosts = p == 32 ? 1 : hosts * 2
			if (n == 4294967296 - hosts)
				print p
		}
	}')
	[ -n "$ip_bits" ] && ip_prefix=$ip_bits
}

ip_is_address() {
	case $1 in
	*:*) echo "$1" | grep -Eqi '^[0-9a-f:]*:[0-9a-f:.]*$' ;;
	*) echo "$1" | grep -Eq '^((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])(\.|$)){4}$' && [ "${1%.}" = "$1" ] ;;
	esac
}
