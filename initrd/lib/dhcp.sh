# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# A DHCP lease by BusyBox's udhcpc, which keeps renewing it after the switch to the real root.

# dhcp_lease IFACE SECONDS [HOSTNAME [ADDRESS]]: send a request every 3 s, for ADDRESS if given; false if no server
# has answered within SECONDS.
#
# udhcpc goes into the background as soon as it has a lease; home.sh explains its name. lease-update writes to
# descriptor 9, because its root directory has no /dev. (3 and 4 are udhcpc's own.)
dhcp_lease() {
	set -- -i "$1" -p "/udhcpc.$1.pid" -t "$((($2 + 2) / 3))" ${3:+-x "hostname:$3"} ${4:+-r "$4"}
	chroot "$home_dir" @/udhcpc "$@" -n -T 3 -A 1 \
		-O staticroutes -O mtu -O search -s /bin/lease-update >/dev/null 2>&1 </dev/null 9>>"$blob_prefix/dev/kmsg"
}

# dhcp_take_over IFACE: take over the lease that another client, which will not outlive the initramfs, has for IFACE.
# False if no server answers.
dhcp_take_over() {
	dhcp_old=$(ip -o -4 addr show dev "$1" | sed -n '/ dynamic /{ s/.* inet \([^ ]*\) .*valid_lft \([0-9]*\)sec.*/\1 \2/p; q; }')
	[ -n "$dhcp_old" ] || return 0
	dhcp_left=${dhcp_old#* } dhcp_old=${dhcp_old% *}
	echo "$dhcp_left" >"$home_dir/etc/left.$1"
	echo "$dhcp_old" >"$home_dir/etc/lease.$1"
	dhcp_lease "$1" 15 '' "${dhcp_old%/*}" || return
	# The other client set the lease time as the address's lifetime. Set it again without one: see lease-update.
	[ "$(cat "$home_dir/etc/lease.$1")" != "$dhcp_old" ] || ip addr replace "$dhcp_old" broadcast + dev "$1"
}

dhcp_end() { read -r dhcp_pid <"$home_dir/udhcpc.$1.pid" && kill "$dhcp_pid" 2>/dev/null; }

# dhcp_give_back IFACE: end what dhcp_take_over began: the address ends when its lease does, as if nothing had been, and
# its name servers are not used any more.
dhcp_give_back() {
	[ -e "$home_dir/etc/left.$1" ] || return 0
	read -r dhcp_left <"$home_dir/etc/left.$1"
	read -r dhcp_old <"$home_dir/etc/lease.$1"
	# The file names the udhcpc that has returned, until the one in the background has written its own ID there.
	[ ! -e "$home_dir/udhcpc.$1.pid" ] || wait_until 10 dhcp_end "$1"
	rm -f "$home_dir/udhcpc.$1.pid" "$home_dir/etc/left.$1"
	resolv_drop "lease.$1"
	ip addr change "$dhcp_old" broadcast + dev "$1" valid_lft "$dhcp_left" preferred_lft "$dhcp_left"
}
