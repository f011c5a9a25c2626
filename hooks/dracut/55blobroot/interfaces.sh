# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # variables of the parts
#
# For bring-up, with the parts of initrd/lib: which interfaces dracut brings up, and what that means for the boot.

# interfaces_list_named: the interfaces that ip= names, hardware addresses as the cards that have them.
interfaces_list_named() {
	link_find ''
	set -f
	for interfaces_word in $(cmdline_all ip); do
		# One that only dracut understands names its interface all the same.
		ip_parse "$interfaces_word"
		case $ip_iface in
		'') ;;
		*-*-*-*-*-*) link_with_address "$ip_iface" ;;
		*) echo "$ip_iface" ;;
		esac
	done
	set +f
}

# interfaces_list_up: those of them that have an address.
interfaces_list_up() {
	for interfaces_each in $(interfaces_list_named); do
		[ -z "$(ip -o addr show dev "$interfaces_each" scope global 2>/dev/null)" ] || echo "$interfaces_each"
	done
}

# interfaces_untried: may an interface come up through which the server was not looked for yet? A card whose bond, bridge or
# VLAN was tried is none, and one without a cable may never be.
interfaces_untried() {
	interfaces_tried=$(while read -r interfaces_each; do
		echo "$interfaces_each"
		carry_list_lower "$interfaces_each"
	done <"$blob_prefix/run/blobroot/tried")
	interfaces_named=$(interfaces_list_named)
	link_find ''
	for interfaces_each in $link_there $interfaces_named; do
		[ -e "$blob_prefix/sys/class/net/$interfaces_each" ] || continue
		! echo "$interfaces_tried" | grep -qxF "$interfaces_each" || continue
		! link_has_carrier "$interfaces_each" || return 0
		# One that is down shows no cable. dracut's own scripts start one card after the other, those that ip= means.
		[ -n "$link_carrier" ] || [ -n "$interfaces_named" ] && ! echo "$interfaces_named" | grep -qxF "$interfaces_each" || return 0
	done
	return 1
}

# interfaces_limit_contact: with the last interface, the boot waits for the server as long as dracut waits for anything
# (no-network.sh). No other one can come up while it waits with an earlier one. parse-blobroot.sh has seen that rd.retry= is a
# number. A contact of 0 would mean for ever, and with rd.retry=0 dracut does not wait; a day is the most that blobrootd takes.
interfaces_limit_contact() {
	daemon_contact=30
	! interfaces_untried || return 0
	daemon_contact=$(cmdline_get rd.retry) || daemon_contact=180
	daemon_contact=$((daemon_contact * 2 / 3))
	[ "$daemon_contact" -ge 1 ] || daemon_contact=1
	[ "$daemon_contact" -le 86400 ] || daemon_contact=86400
}
