# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# The name servers that IPv6 routers announce. The kernel takes addresses and routes from an announcement, but not these.

# Before the first card is started, and until the last interface is configured: one parameter may start cards of others.
# `blobrootd routers` says each server once, and no more than three of an interface.
announced_listen() {
	[ -z "$announced_listener" ] && [ ! -e "$home_dir/etc/no-peerdns" ] || return 0
	blobrootd routers >"$home_dir/etc/announced" &
	announced_listener=$!
}

announced_end() {
	[ -n "$announced_listener" ] || return 0
	kill "$announced_listener"
	rm "$home_dir/etc/announced"
	announced_listener=''
}

# announced_take IFACE: use those that its routers have announced so far.
announced_take() {
	[ -z "$announced_listener" ] || sed -n "s/^$1 /nameserver /p" "$home_dir/etc/announced" | resolv_put "announced.$1"
}

# announced_take_dracut: use those that dracut's network modules have found so far, on any interface: systemd-networkd,
# blobroot_listen, NetworkManager. A resolv.conf has three. One of a link only (fe80::) comes with the link's number, fe80::1%2:
# to resolve a name the engine would need a system call that it may not make.
announced_take_dracut() {
	announced_list_dracut | sed 's/^/nameserver /' | resolv_put announced
}

announced_list_dracut() {
	{
		for announced_link in "$blob_prefix"/run/systemd/netif/links/*; do
			# systemd-networkd names the file after the link, and the address without it.
			sed -n 's/^DNS=//p' "$announced_link" 2>/dev/null | tr ' ' '\n' | sed "s/^fe80:[^%]*\$/&%${announced_link##*/}/" |
				announced_pick
		done
		sed -n 's/^[^ ]* //p' "$blob_prefix/run/blobroot/announced" 2>/dev/null
		for announced_file in "$blob_prefix/etc/resolv.conf" "$blob_prefix/run/NetworkManager/resolv.conf"; do
			sed -n 's/^nameserver //p' "$announced_file" 2>/dev/null | announced_number | announced_pick
		done
	} | awk '!seen[$0]++'
}

# NetworkManager writes the link's name.
announced_number() {
	while IFS=% read -r announced_server announced_link; do
		[ -z "$announced_link" ] || read -r announced_link 2>/dev/null <"$blob_prefix/sys/class/net/$announced_link/ifindex"
		echo "$announced_server${announced_link:+%$announced_link}"
	done
}

announced_pick() { grep -E '^[0-9a-fA-F]+:[0-9a-fA-F:.]+(%[0-9]+)?$' | head -n 3; }
