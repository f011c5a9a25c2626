# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Routes: the default route of each interface, and rd.route=.

# route_set_metric IFACE: the default route of the interface that bootdev= names, or else of the first one that is
# configured, comes first. The others get a metric, so that each keeps its own: lease-update reads it at each lease.
route_set_metric() {
	route_first=$(cmdline_get bootdev) || route_first=${net_ifaces%% *}
	if [ "${route_first:-$1}" = "$1" ]; then
		rm -f "$home_dir/etc/metric.$1"
	else
		# More than 1024, which IPv6 takes for none.
		# shellcheck disable=SC2086 # words
		[ -e "$home_dir/etc/metric.$1" ] || (set -- "$1" $net_ifaces && echo $((1099 + $#)) >"$home_dir/etc/metric.$1")
	fi
}

# route_add NET GATEWAY IFACE: a gateway outside the prefix (clouds give out /32) first needs its own route. Without a
# GATEWAY NET is on-link; IFACE may be empty.
route_add() {
	route_family=-4 route_metric=''
	case $1$2 in
	*:*) route_family=-6 ;;
	esac
	[ -z "$3" ] || [ ! -e "$home_dir/etc/metric.$3" ] || read -r route_metric <"$home_dir/etc/metric.$3"
	if [ -n "$2" ] && [ -n "$3" ]; then
		route_to "$1" "$2" "$3" 2>/dev/null && return
		ip "$route_family" route replace "$2" dev "$3" || return
	fi
	route_to "$1" "$2" "$3"
}

route_to() {
	ip "$route_family" route replace "$1" ${2:+via "$2"} ${3:+dev "$3"} ${route_metric:+metric "$route_metric"}
}

# rd.route=NET/LEN:GATEWAY[:IFACE], IPv6 addresses in brackets. Either may be empty.
# route_each COMMAND: run it for each, with route_word, route_net, route_gateway and route_iface.
route_each() {
	set -f
	for route_word in $(cmdline_all rd.route); do
		ip_rest=$route_word
		ip_next; route_net=$ip_field
		ip_next; route_gateway=$ip_field
		ip_next; route_iface=$ip_field
		if [ -n "$ip_rest" ] || [ -z "$route_gateway$route_iface" ] || ! ip_is_address "${route_net%/*}" ||
			! ip_is_address "${route_gateway:-::}" || ! route_has_length "$route_net"; then
			fail_boot "network: rd.route=$route_word: not NET/LEN:GATEWAY[:INTERFACE]"
		fi
		"$1"
	done
	set +f
}

# NET's length, if it has one, is a number, and not an octal one.
route_has_length() {
	case $1 in
	*/*[!0-9]* | */ | */0?* | */????*) return 1 ;;
	esac
}

route_set() {
	route_error=$(route_add "$route_net" "$route_gateway" "$route_iface" 2>&1) ||
		fail_boot "network: rd.route=$route_word: cannot be set: $route_error"
}
