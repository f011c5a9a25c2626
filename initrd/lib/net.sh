# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Bring up the network as the ip= parameters say; without one, by DHCP on the first interface that answers.
# words.sh says which parameters there are, ip.sh parses ip=, link.sh knows the cards, dhcp.sh leases an address, route.sh
# sets routes and home.sh keeps what has to outlive the initramfs.

# What the daemon needs, with a network or without.
net_begin() {
	[ -z "${net_begun-}" ] || return 0
	net_begun=yes
	ip link set lo up
	home_make
	ln -sf /run/blobroot/home/etc/resolv.conf "$blob_prefix/etc/resolv.conf"
}

net_up() {
	net_begin
	words_check
	words_find_bootif
	route_each true
	home_add_nameservers "$(cmdline_all nameserver)"
	net_ifaces='' announced_listener=''
	set -f
	# shellcheck disable=SC2046 # words
	set -- $(cmdline_all ip)
	set +f
	[ $# -gt 0 ] || set -- dhcp
	for net_word; do
		ip_parse "$net_word" || fail_boot "network: ip=$net_word: $ip_error"
		[ "$ip_method" != auto6 ] || announced_listen
	done
	for net_word; do
		ip_parse "$net_word"
		# The card from which the firmware has booted, for a word that names none.
		: "${ip_iface:=$words_bootif}"
		[ "$ip_method" = none ] || net_configure
	done
	announced_end
	# Where the boot goes on without a network, there is nothing to set routes on.
	[ -n "$net_ifaces" ] || [ -z "${net_patience-}" ] || return 0
	route_each route_set
}

# Configure one interface from the variables of ip_parse. A host without a disk has nothing else to do: it waits for
# switch and DHCP server as long as they take, unless an rd.net.timeout. parameter says otherwise.
net_configure() {
	net_limit iflink 5
	if ! wait_until "$net_seconds" link_find "$ip_iface"; then
		: "${link_there:=no network card that has a driver here}"
		net_fail "network: ${ip_iface:+no interface $ip_iface: there is }$link_there"
		return
	fi
	link_start
	net_limit carrier 0
	log_waiting "network: waiting for a link on $link_cards" wait_until "$net_seconds" link_seek "$ip_iface" || {
		net_fail "network: no link: no carrier on $link_cards in $net_seconds s"
		return
	}
	net_tried='' net_seconds=0
	case $ip_method in
	dhcp) net_limit dhcp 0 ;;
	auto6) net_limit ipv6auto 0 ;;
	static)
		net_try_links || net_fail "network: $links: cannot set $ip_addr/$ip_prefix: $net_error"
		return
		;;
	esac
	# How long to try one card before the next one.
	net_turn=15
	[ "$net_seconds" -eq 0 ] || [ "$net_seconds" -ge "$net_turn" ] || net_turn=$net_seconds
	log_waiting "network: $links: waiting for an address by $ip_method" wait_until "$net_seconds" net_try_links && return
	case $ip_method in
	dhcp) net_fail "network: $net_tried: no DHCP server answered in $net_seconds s" ;;
	auto6) net_fail "network: $net_tried: no IPv6 router announced itself in $net_seconds s" ;;
	esac
}

# Try the cards that have a link, one after the other. By the next round a cable may have moved, or a card appeared.
net_try_links() {
	if [ -n "$net_tried" ]; then
		link_find "$ip_iface" && link_start
		link_seek "$ip_iface" || return
	fi
	for net_iface in $links; do
		case " $net_tried " in
		*" $net_iface "*) ;;
		*) net_set_link "$net_iface" && net_tried="$net_tried${net_tried:+ }$net_iface" ;;
		esac
		"net_by_$ip_method" "$net_iface" || continue
		case " $net_ifaces " in
		*" $net_iface "*) ;;
		*) net_ifaces="$net_ifaces${net_ifaces:+ }$net_iface" ;;
		esac
		net_say "$net_iface" "$ip_method"
		return
	done
	return 1
}

net_set_link() {
	route_set_metric "$1"
	if [ -n "$ip_mac" ]; then
		ip link set "$1" down
		ip link set "$1" address "$ip_mac" || fail_boot "network: $1: refuses the hardware address $ip_mac"
		ip link set "$1" up
	fi
	[ -z "$ip_mtu" ] || ip link set "$1" mtu "$ip_mtu" || fail_boot "network: $1: refuses an MTU of $ip_mtu"
	[ -z "$ip_hostname" ] || hostname "$ip_hostname"
}

net_by_dhcp() { dhcp_lease "$1" "$net_turn" "$ip_hostname"; }

# In a subshell, because wait_until is already running here, for all cards. An address is usable a second after it was
# announced, so the name servers are here by then.
net_by_auto6() {
	(wait_until "$net_turn" net_has_inet6 "$1") || return
	announced_take "$1"
}

net_by_static() {
	home_add_nameservers "$ip_dns"
	# shellcheck disable=SC2086 # two words, or none
	net_error=$(ip addr add "$ip_addr/$ip_prefix" ${ip_peer:+peer $ip_peer} dev "$1" 2>&1) || return
	case $ip_addr in
	# Nothing can be sent from an address until the kernel has found that it is no duplicate.
	*:*)
		net_limit ipv6dad 10
		wait_until "$net_seconds" net_has_inet6 "$1" || net_error='it is in use' || return
		;;
	esac
	[ -z "$ip_gateway" ] || net_error=$(route_add default "$ip_gateway" "$1" 2>&1)
}

net_has_inet6() {
	ip -6 -o addr show dev "$1" | grep -v -e tentative -e 'scope link' | grep -q inet6
}

# net_say IFACE METHOD: what METHOD has brought. By now a router may have announced an IPv6 address as well.
net_say() {
	case $2:${ip_addr:-} in
	dhcp:* | static:*.*.*.*) net_family=inet ;;
	auto6:* | static:*:*) net_family=inet6 ;;
	*) net_family='inet6*' ;;
	esac
	# The last one.
	for net_address in '' $(ip -o addr show dev "$1" | sed -n "/ inet6 fe80/!s/.* $net_family \([^ ]*\) .*/\1/p"); do :; done
	net_servers=$(home_list_nameservers)
	log_say "network: $1: $net_address by $2, DNS ${net_servers:-none}"
}
