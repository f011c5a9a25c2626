# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# A DHCP lease by BusyBox's udhcpc, which goes on renewing it after the switch to the real root.

# How long udhcpc asks, and so how long a boot hangs on a cable without a server: 5 times, every 3 s.
dhcp_tries=5 dhcp_pause=3 dhcp_seconds=15

# dhcp_lease IFACE [HOSTNAME [ADDRESS]]: false when no server answers. ADDRESS is the one to ask for.
#
# udhcpc goes into the background as soon as it has a lease; its name is explained in home.sh.
dhcp_lease() {
	set -- -i "$1" -p "/udhcpc.$1.pid" ${2:+-x "hostname:$2"} ${3:+-r "$3"}
	chroot "$home_dir" @/udhcpc "$@" -n -t "$dhcp_tries" -T "$dhcp_pause" -A 1 \
		-O staticroutes -O mtu -O search -s /bin/lease-update >/dev/null 2>&1 </dev/null
}

# dhcp_take_over IFACE: go on with the lease that somebody else, who will not outlive the initramfs, has for IFACE.
# False when no server answers.
dhcp_take_over() {
	dhcp_old=$(ip -o -4 addr show dev "$1" | sed -n 's/.* inet \([^ ]*\) .* dynamic .*/\1/p' | head -n 1)
	[ -n "$dhcp_old" ] || return 0
	echo "$dhcp_old" >"$home_dir/etc/lease.$1"
	dhcp_lease "$1" '' "${dhcp_old%/*}" || return
	# The others' client gave it an end, with the lease; set anew it has none. See lease-update.
	[ "$(cat "$home_dir/etc/lease.$1")" != "$dhcp_old" ] || ip addr replace "$dhcp_old" broadcast + dev "$1"
}
