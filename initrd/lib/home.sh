# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# /run/blobroot/home: a directory that outlives the initramfs, because /run moves along to the real root. Who
# works on after the switch (udhcpc, the engine) has it as its root: the initramfs' files are gone by then, and
# what lies on the real root may be a page that only the network can bring.

home_dir=$blob_prefix/run/blobroot/home

# A tmpfs of its own: some systems remount /run noexec.
home_make() {
	mkdir -p "$home_dir"
	mount -t tmpfs -o mode=0755,nosuid,nodev,size=8m blobroot "$home_dir"
	mkdir -p "$home_dir/bin" "$home_dir/etc"
	: >"$home_dir/etc/resolv.conf"
	: >"$home_dir/etc/nameservers"
	ln -sf /run/blobroot/home/etc/resolv.conf "$blob_prefix/etc/resolv.conf"
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
