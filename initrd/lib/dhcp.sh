# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# A DHCP lease by BusyBox's udhcpc, which goes on renewing it after the switch to the real root.

# dhcp_lease IFACE SECONDS [HOSTNAME]: ask every 3 s; false when no server has answered by then.
#
# udhcpc goes into the background as soon as it has a lease. It is started as `@/udhcpc`: systemd spares
# processes whose name begins with @ when it shuts down, and BusyBox sees its applet in the last component.
dhcp_lease() {
	dhcp_make_home
	set -- -i "$1" -p "/udhcpc.$1.pid" -t "$((($2 + 2) / 3))" ${3:+-x "hostname:$3"}
	chroot "$home_dir" @/udhcpc "$@" -n -T 3 -A 1 \
		-O staticroutes -O mtu -O search -s /bin/lease-update >/dev/null 2>&1 </dev/null
}

dhcp_make_home() {
	[ ! -x "$home_dir/bin/busybox" ] || return 0
	mkdir -p "$home_dir/@"
	cp "$blob_prefix/bin/busybox" "$blob_prefix/lib/blobroot/lease-update" "$home_dir/bin/"
	ln -s ../bin/busybox "$home_dir/@/udhcpc"
	for dhcp_applet in sh ip cat mv sed hostname; do
		ln -s busybox "$home_dir/bin/$dhcp_applet"
	done
}
