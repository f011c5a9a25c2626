# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# The machine's network cards: which exist, and which have a link.

# link_find [IFACE]: put the existing cards into link_there, and those to use into link_cards: IFACE, or all of them;
# false if there is none. A card, unlike lo or a bridge, has a device. IFACE is a name, or a hardware address with
# hyphens.
link_find() {
	modules_coldplug
	link_there='' link_cards=$1 link_looks=0
	for link_dir in "$blob_prefix"/sys/class/net/*; do
		[ ! -e "$link_dir/device" ] || link_there="$link_there${link_there:+ }${link_dir##*/}"
	done
	case $1 in
	'') link_cards=$link_there ;;
	*-*-*-*-*-*) link_cards=$(link_with_address "$1") ;;
	*) [ -e "$blob_prefix/sys/class/net/$1" ] || return ;;
	esac
	[ -n "$link_cards" ]
}

# link_with_address MAC: the cards that have this hardware address, hyphens for colons.
link_with_address() {
	for link_card in $link_there; do
		read -r link_address 2>/dev/null <"$blob_prefix/sys/class/net/$link_card/address" || continue
		[ "$(echo "$link_address" | tr : -)" != "$(echo "$1" | tr A-F a-f)" ] || echo "$link_card"
	done
}

# An interface that is down shows no link.
link_start() {
	for link_card in $link_cards; do
		ip link set "$link_card" up
	done
}

# link_seek [IFACE]: put the cards that have a link into links; false if none has. One link is enough: another card
# may never get a cable. But a card with a slow driver may still appear: every 20th call looks for new cards.
link_seek() {
	links=''
	for link_card in $link_cards; do
		! link_has_carrier "$link_card" || links="$links${links:+ }$link_card"
	done
	[ -z "$links" ] || return 0
	link_looks=$((link_looks + 1))
	[ "$link_looks" -lt 20 ] || ! link_find "$1" || link_start
	return 1
}

link_has_carrier() {
	link_carrier=''
	# Reading this file of an interface that is down is an error.
	read -r link_carrier 2>/dev/null <"$blob_prefix/sys/class/net/$1/carrier"
	[ "$link_carrier" = 1 ]
}

# link_list: the cards of link_there, each with what it lacks.
link_list() {
	link_line=''
	for link_card in $link_there; do
		link_lacks=''
		if ! link_has_carrier "$link_card"; then
			link_lacks=' (no link)'
			[ -n "$link_carrier" ] || link_lacks=' (down)'
		elif ! ip -o addr show dev "$link_card" scope global | grep -q inet; then
			link_lacks=' (no address)'
		fi
		link_line="$link_line${link_line:+, }$link_card$link_lacks"
	done
	echo "$link_line"
}
