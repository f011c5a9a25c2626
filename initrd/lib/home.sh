# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# /run/blobroot/home: a directory that outlives the initramfs, because /run moves to the real root. Processes that
# keep running after the switch (udhcpc, the engine) have it as their root directory: the initramfs' files are gone
# by then, and a file on the real root may need a page that only the network can deliver.

home_dir=$blob_prefix/run/blobroot/home

# The directory of BusyBox and blobrootd in this initramfs.
: "${home_programs=$blob_prefix/bin}"

# A separate tmpfs, because some systems mount /run noexec. The daemon runs from here, so its text is in memory only
# once. udhcpc is @/udhcpc, a shell that stays @/sh: systemd spares processes whose name begins with @, and BusyBox takes
# the last component as the applet's name.
home_make() {
	home_error=$({ mkdir -p "$home_dir" && mount -t tmpfs -o mode=0755,nosuid,nodev,size=8m blobroot "$home_dir" &&
		mkdir -p "$home_dir/bin" "$home_dir/etc" "$home_dir/@" &&
		cp "$home_programs/busybox" "$home_programs/blobrootd" "$blob_prefix/lib/blobroot/lease-update" \
			"$blob_prefix/lib/blobroot/resolv.sh" "$home_dir/bin/" &&
		ln -s ../bin/busybox "$home_dir/@/udhcpc" && ln -s ../bin/busybox "$home_dir/@/sh" &&
		ln -s ../bin/blobrootd "$home_dir/@/blobrootd" &&
		resolv_put parameters </dev/null; } 2>&1) ||
		fail_boot "home: ${home_dir#"$blob_prefix"} cannot be made: ${home_error##*: }"
	for home_applet in cat grep halt hostname ip kill mkdir mount mv poweroff reboot rm sed sh sleep sort sync tr true umount; do
		ln -s busybox "$home_dir/bin/$home_applet"
	done
	! cmdline_is_off rd.peerdns || : >"$home_dir/etc/no-peerdns"
}

# home_add_nameservers "ADDRESS..": name servers from the command line, after those that were added before.
home_add_nameservers() {
	[ -n "$1" ] || return 0
	set -f
	for home_server in $1; do
		home_server=${home_server#\[}
		echo "nameserver ${home_server%\]}" >>"$home_dir/etc/resolv/parameters"
	done
	set +f
	resolv_merge
}

home_list_nameservers() { home_list nameserver; }

# The domains in which a name without dots is looked for.
home_list_domains() { home_list search; }

# home_list KEY: print what resolv.conf says under that key, on one line.
home_list() {
	home_found=''
	while read -r home_key home_values; do
		[ "$home_key" != "$1" ] || home_found="$home_found${home_found:+ }$home_values"
	done <"$home_dir/etc/resolv.conf"
	echo "$home_found"
}

# home_give_resolv ROOT: let a root without name servers use ours, by a link, so that it sees new leases too.
home_give_resolv() {
	home_file=$1/etc/resolv.conf
	# Not through a link of the root's, which may lead out of it.
	[ -d "$1/etc" ] && [ ! -h "$1/etc" ] && [ ! -h "$home_file" ] && [ ! -s "$home_file" ] || return 0
	home_error=$(ln -sfn /run/blobroot/home/etc/resolv.conf "$home_file" 2>&1) ||
		log_say "handover: the root has no name servers: /etc/resolv.conf cannot be made: ${home_error##*: }"
}
