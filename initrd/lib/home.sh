# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# /run/blobroot/home: a directory that outlives the initramfs, because /run moves along to the real root. Who
# works on after the switch (udhcpc, the engine) has it as its root: the initramfs' files are gone by then, and
# what lies on the real root may be a page that only the network can bring.

home_dir=$blob_prefix/run/blobroot/home

# Where this initramfs has BusyBox and blobrootd.
: "${home_programs=$blob_prefix/bin}"

# A tmpfs of its own: some systems mount /run noexec. The daemon runs from here, so that its text is in memory once.
# udhcpc is @/udhcpc: systemd spares processes whose name begins with @, and BusyBox sees its applet in the last
# component.
home_make() {
	mkdir -p "$home_dir"
	mount -t tmpfs -o mode=0755,nosuid,nodev,size=8m blobroot "$home_dir"
	mkdir -p "$home_dir/bin" "$home_dir/etc" "$home_dir/@"
	cp "$home_programs/busybox" "$home_programs/blobrootd" "$blob_prefix/lib/blobroot/lease-update" "$home_dir/bin/"
	ln -s ../bin/busybox "$home_dir/@/udhcpc"
	for home_applet in cat halt hostname ip kill mkdir mount mv poweroff reboot sed grep sh sleep sort sync tr umount; do
		ln -s busybox "$home_dir/bin/$home_applet"
	done
	: >"$home_dir/etc/resolv.conf"
	: >"$home_dir/etc/nameservers"
}

# home_add_nameservers "ADDRESS..": name servers that were given by hand; they come before leased ones, so
# that lease-update, which writes resolv.conf anew at each lease, finds them in a file.
home_add_nameservers() {
	for home_server in $1; do
		home_server=${home_server#\[}
		echo "nameserver ${home_server%\]}" | tee -a "$home_dir/etc/nameservers" >>"$home_dir/etc/resolv.conf"
	done
}

home_list_nameservers() {
	sed -n 's/^nameserver //p' "$home_dir/etc/resolv.conf" | tr '\n' ' ' | sed 's/ $//'
}

# home_give_resolv ROOT: let a root without name servers use ours; a link, so that it sees new leases too.
home_give_resolv() {
	home_file=$1/etc/resolv.conf
	if [ -d "$1/etc" ] && [ ! -h "$home_file" ] && [ ! -s "$home_file" ]; then
		ln -sfn /run/blobroot/home/etc/resolv.conf "$home_file"
	fi
}
