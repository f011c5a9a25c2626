# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Which interfaces carry the root: the real root must leave them as they are, and nothing of their configuration may end
# by itself. Who has configured them, and who manages the network afterwards, does not matter.
#
# Source: Documentation/networking/proc_net_tcp.rst of Linux 6.12

# The engine's user: nothing else has it. daemon/base/layout.h
: "${carry_user=65533}"

# carry_find IFACE..: put into carry_ifaces those IFACEs, and those through which the engine reaches the servers that it is
# connected to, and its name servers. A server that closes every connection leaves no trace: then it is every interface
# that has an address.
carry_find() {
	carry_ifaces=''
	for carry_iface; do
		carry_add "$carry_iface"
	done
	carry_peers=$(carry_list_peers)
	for carry_address in $carry_peers $(home_list_nameservers); do
		carry_add "$(carry_route "$carry_address")"
	done
	[ -z "$carry_peers" ] || return 0
	for carry_iface in $(ip -o addr show scope global | sed 's/^[0-9]*: \([^ @]*\)[@ ].*/\1/'); do
		carry_add "$carry_iface"
	done
}

carry_add() {
	case " $carry_ifaces lo " in
	*" $1 "*) ;;
	*) carry_ifaces="$carry_ifaces${carry_ifaces:+${1:+ }}$1" ;;
	esac
}

# carry_route ADDRESS: the interface through which it is reached. fe80::1%2 is an address of link 2.
carry_route() {
	case $1 in
	*%*) ip -o link show | sed -n "s/^${1##*%}: \([^:@]*\).*/link dev \1/p" ;;
	*:*) ip -6 route get "$1" ;;
	*) ip route get "$1" ;;
	esac 2>/dev/null | sed -n '1s/.* dev \([^ ]*\).*/\1/p'
}

# carry_list_peers: the addresses of the servers that the engine is connected to (01), or was until now (08).
carry_list_peers() {
	for carry_file in "$blob_prefix/proc/net/tcp" "$blob_prefix/proc/net/tcp6"; do
		while read -r _ _ carry_remote carry_state _ _ _ carry_uid _; do
			case $carry_uid:$carry_state in
			"$carry_user":01 | "$carry_user":08) echo "${carry_remote%:*}" ;;
			esac
		done 2>/dev/null <"$carry_file"
	done | sort -u | while read -r carry_remote; do carry_decode "$carry_remote"; done | sort
}

# carry_decode HEX: an address as the kernel prints it: 32 bits in a row, in the byte order of a little-endian machine.
carry_decode() {
	case $1 in
	????????)
		set -- "${1#????}" "${1%????}"
		printf '%d.%d.%d.%d\n' "0x${1#??}" "0x${1%??}" "0x${2#??}" "0x${2%??}"
		;;
	*) echo "$1" | sed 's/\(..\)\(..\)\(..\)\(..\)/\4\3:\2\1:/g; s/:$//' ;;
	esac
}

# carry_list_lower IFACE: what it is made of: a bond's cards, a VLAN's card, and what those are made of.
carry_list_lower() {
	for carry_lower in "$blob_prefix/sys/class/net/$1"/lower_*; do
		[ -h "$carry_lower" ] || [ -e "$carry_lower" ] || continue
		echo "${carry_lower##*/lower_}"
		carry_list_lower "${carry_lower##*/lower_}"
	done
}

# carry_keep IFACE: take the end from its addresses and routes. The root depends on them, and who renewed them may not come
# along: the initramfs' systemd-networkd does not, and the kernel stops once systemd-networkd in the root has the interface.
# The kernel must not set an end again when a router announces the prefix. A route gets a metric that no other has: one that is
# renewed comes first, as long as there is one. Without the one to the prefix itself the neighbours could not be reached. Routes
# first: with its address the route to the prefix has no end for the moment, and gets one at the next announcement.
carry_keep() {
	ip -6 route show dev "$1" | sed -n 's/^\([^ ]* via [^ ]*\) .*expires.*/\1/p; t; s/^\([^ ]*\) .*expires.*/\1/p' |
		while read -r carry_net carry_via carry_gateway; do
			ip -6 route replace "$carry_net" ${carry_via:+via "$carry_gateway"} dev "$1" metric 4096
		done
	ip -o addr show dev "$1" scope global |
		sed -n 's/^.* \(inet6*\) \([^ ]*\) \(.* \)\{0,1\}scope global \(.* \)\{0,1\}dynamic .*/\1 \2/p' |
		while read -r carry_family carry_address; do
			case $carry_family in
			inet) ip addr replace "$carry_address" broadcast + dev "$1" ;;
			*)
				ip -6 addr change "$carry_address" dev "$1" valid_lft forever preferred_lft forever
				(echo 0 >"$blob_prefix/proc/sys/net/ipv6/conf/$1/autoconf") 2>/dev/null
				;;
			esac
		done
}
