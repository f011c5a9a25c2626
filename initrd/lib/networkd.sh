# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# systemd-networkd in the real root: our file for an interface comes before the image's own, which then does not count.
#
# Source: systemd.network(5)

# networkd_write IFACE LINE..: the interface's .network file; what is empty is left out.
networkd_write() {
	networkd_file=$handover_run/systemd/network/00-blobroot-$1.network
	printf '# blobroot: the root file system comes through this interface\n[Match]\nName=%s\n' "$1" >"$networkd_file"
	shift
	for networkd_line; do
		[ -z "$networkd_line" ] || echo "$networkd_line"
	done >>"$networkd_file"
}

# Where the image may have .network files, the first place first.
networkd_dirs='etc usr/local/lib usr/lib lib'

# What systemd-networkd is to make on top of an interface, as the beginning of a regular expression.
networkd_stacked='^[[:blank:]]*\(\(MAC\|IP\)\{0,1\}\(VLAN\|VTAP\)\|VXLAN\|MACsec\|Tunnel\)[[:blank:]]*='

# networkd_list_stacked ROOT IFACE: the lines of the image's own .network file for the interface that name what
# systemd-networkd is to make on top of it: VLANs and the like. The first file in the order of names that matches counts.
networkd_list_stacked() {
	# Most images have none, and then no file has to be looked at by itself.
	for networkd_dir in $networkd_dirs; do
		cat "$1/$networkd_dir"/systemd/network/*.network 2>/dev/null
	done | grep "$networkd_stacked" >/dev/null || return 0
	for networkd_dir in $networkd_dirs; do
		ls "$1/$networkd_dir/systemd/network" 2>/dev/null
	done | grep '\.network$' | sort -u | while read -r networkd_name; do
		for networkd_dir in $networkd_dirs; do
			networkd_file=$1/$networkd_dir/systemd/network/$networkd_name
			[ -f "$networkd_file" ] || continue
			if networkd_matches "$networkd_file" "$2"; then
				sed -n "/^\[Network\]/,/^\[/s/${networkd_stacked}[[:blank:]]*/\1=/p" "$networkd_file"
				exit
			fi
			break
		done
	done
}

# networkd_matches FILE IFACE: does its [Match] mean this interface? We know names, hardware addresses and "ether".
networkd_matches() {
	networkd_mac='' networkd_known=''
	read -r networkd_mac 2>/dev/null <"$blob_prefix/sys/class/net/$2/address"
	sed -n '/^\[Match\]/,/^\[[^M]/s/^[[:blank:]]*\([A-Za-z]*\)[[:blank:]]*=[[:blank:]]*/\1 /p' "$1" >"$blob_prefix/run/blobroot/match"
	while read -r networkd_key networkd_values; do
		networkd_known=yes
		networkd_one_of "$networkd_key" "$2" || return
	done <"$blob_prefix/run/blobroot/match"
	[ -n "$networkd_known" ]
}

networkd_one_of() {
	set -f
	for networkd_value in $networkd_values; do
		case $1 in
		Name)
			# shellcheck disable=SC2254 # a pattern
			case $2 in
			$networkd_value) set +f; return 0 ;;
			esac
			;;
		MACAddress | PermanentMACAddress)
			[ "$(echo "$networkd_value" | tr A-F- a-f:)" != "$networkd_mac" ] || { set +f; return 0; }
			;;
		Type) [ "$networkd_value" != ether ] || { set +f; return 0; } ;;
		esac
	done
	set +f
	return 1
}
