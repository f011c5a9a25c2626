# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Bring up the network as the ip= words say; without one, by DHCP on the first interface that answers.
# ip.sh parses the words, dhcp.sh leases an address and home.sh keeps what has to outlive the initramfs.

net_up() {
	ip link set lo up
	home_make
	ln -sf /run/blobroot/home/etc/resolv.conf "$blob_prefix/etc/resolv.conf"
	home_add_nameservers "$(cmdline_all nameserver)"
	net_word=$(tr ' ' '\n' <"$blob_prefix/proc/cmdline" | grep -E '^(bond|bridge|ifname|team|vlan)=' | head -n 1)
	[ -z "$net_word" ] || fail_boot "network: $net_word: not in this initramfs; dracut's has it"
	net_words=$(cmdline_all ip)
	for net_word in ${net_words:-dhcp}; do
		ip_parse "$net_word" || fail_boot "network: ip=$net_word: $ip_error"
		[ "$ip_method" = none ] || net_configure
	done
}

# Configure one interface from the variables of ip_parse.
net_configure() {
	net_find_links "$ip_iface"
	net_tried=''
	for net_iface in $net_links; do
		net_set_link "$net_iface"
		net_tried="$net_tried${net_tried:+, }$net_iface"
		log_waiting "network: $net_iface: waiting for an address by $ip_method" "net_by_$ip_method" "$net_iface" ||
			continue
		net_say "$net_iface"
		return
	done
	case $ip_method in
	dhcp) fail_boot "network: $net_tried: no DHCP server answered in $dhcp_seconds s" ;;
	auto6) fail_boot "network: $net_tried: no IPv6 router announced itself in 15 s" ;;
	static) fail_boot "network: $net_tried: cannot set $ip_addr/$ip_prefix: $net_error" ;;
	esac
}

# net_find_links [IFACE]: put the interfaces with a link into net_links; without IFACE those of all cards.
# The first link does: another card's cable may never come.
net_find_links() {
	wait_until 5 net_has_card "$1" ||
		if [ -n "$1" ]; then
			fail_boot "network: no interface $1: there is ${net_cards:-no network card that has a driver here}"
		else
			fail_boot "network: no network card that this initramfs has a driver for"
		fi
	[ -z "$1" ] || net_cards=$1
	for net_card in $net_cards; do
		ip link set "$net_card" up
	done
	log_waiting "network: waiting for a link on $net_cards" wait_until 10 net_has_link ||
		fail_boot "network: no link: no carrier on $net_cards in 10 s"
}

# A card, unlike lo or a bridge, stands for a device.
net_has_card() {
	modules_coldplug
	net_cards=''
	for net_dir in "$blob_prefix"/sys/class/net/*; do
		[ ! -e "$net_dir/device" ] || net_cards="$net_cards${net_cards:+ }${net_dir##*/}"
	done
	if [ -n "$1" ]; then
		[ -e "$blob_prefix/sys/class/net/$1" ]
	else
		[ -n "$net_cards" ]
	fi
}

net_has_link() {
	net_links=''
	for net_card in $net_cards; do
		net_carrier=0
		# Reading carrier of an interface that is down is an error.
		read -r net_carrier 2>/dev/null <"$blob_prefix/sys/class/net/$net_card/carrier"
		[ "$net_carrier" != 1 ] || net_links="$net_links${net_links:+ }$net_card"
	done
	[ -n "$net_links" ]
}

net_set_link() {
	if [ -n "$ip_mac" ]; then
		ip link set "$1" down
		ip link set "$1" address "$ip_mac" || fail_boot "network: $1: refuses the hardware address $ip_mac"
		ip link set "$1" up
	fi
	[ -z "$ip_mtu" ] || ip link set "$1" mtu "$ip_mtu" || fail_boot "network: $1: refuses an MTU of $ip_mtu"
	[ -z "$ip_hostname" ] || hostname "$ip_hostname"
}

net_by_dhcp() { dhcp_lease "$1" "$ip_hostname"; }

net_by_auto6() { wait_until 15 net_has_inet6 "$1"; }

net_by_static() {
	home_add_nameservers "$ip_dns"
	net_error=$(ip addr add ${ip_peer:+"$ip_peer" local} "$ip_addr/$ip_prefix" dev "$1" 2>&1) || return
	case $ip_addr in
	# Nothing can be sent from an address that the kernel has yet to see is nobody else's.
	*:*) wait_until 10 net_has_inet6 "$1" || net_error='it is in use' || return ;;
	esac
	[ -z "$ip_gateway" ] || net_route "$1" "$ip_gateway"
}

# A gateway outside the prefix (clouds give out /32) needs a route of its own first.
net_route() {
	ip route replace default via "$2" dev "$1" 2>/dev/null && return
	net_error=$(ip route replace "$2" dev "$1" 2>&1 && ip route replace default via "$2" dev "$1" 2>&1)
}

net_has_inet6() {
	ip -6 -o addr show dev "$1" | grep -v -e tentative -e 'scope link' | grep -q inet6
}

net_say() {
	net_address=$(ip -o addr show dev "$1" | sed -n 's/.* inet6* \([^ ]*\) .*/\1/p' | grep -v '^fe80' | tail -n 1)
	net_servers=$(home_list_nameservers)
	log_say "network: $1: $net_address by $ip_method, DNS ${net_servers:-none}"
}
