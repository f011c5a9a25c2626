# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# For atf-sh boot tests: hosts that several cases share, because a boot costs the same for one check or for ten.
#
# Flow: a test body sources it and calls `turn_shared HOST`; ./console and ./log are the host's then.
# shellcheck disable=SC2154 # what boot.sh sets

# shellcheck source=tests/support/boot.sh
. "$support/boot.sh"

# The main use: verified, DHCP, every file read.
host_that_reads_all() {
	boot_serve
	boot busybox-6.12 demo.erofs 0 '^demo: done' ip=dhcp "$boot_proof" demo.run=processes
}

# Disturbances while the root is read: each script reads something that was not read before.
host_in_trouble() {
	boot_serve
	boot busybox-6.12 demo.erofs 0 '^demo: done' ip=dhcp "$boot_proof" demo.nocheck rd.blob.overlay=tmpfs:32M \
		demo.run=rights demo.run=keeper-stays demo.run=forbidden demo.run=engine-dies demo.run=lease demo.run=overlay
}

# From nginx, by a name that the name server on the command line resolves. QEMU answers DHCP itself, and would forward
# name queries to the first server in the build machine's resolv.conf: so the guest asks our own name server.
host_of_a_named_nginx() {
	boot_enter_network
	mkfifo nginx.out dns.out
	$httpd_prefix "$boot_top/qemu/serve" "$boot_build/images" >nginx.out &
	nginx=$!
	read -r port <nginx.out || atf_fail 'nginx has printed no port'
	$httpd_prefix "$support/dns" 10.0.2.2 >dns.out &
	cat <dns.out >log &
	until grep -q up log 2>/dev/null; do kill -0 $! || atf_fail 'no name server'; done
	guest_url=http://blobs.example:$port
	boot busybox-6.12 demo.erofs 0 '^demo: done' ip=dhcp nameserver=10.0.2.2 "$boot_proof" demo.every=10
	kill $nginx
}

# Configured by hand on the command line.
host_set_by_hand() {
	boot_serve
	boot busybox-6.12 demo.erofs 0 'demo: done' ip=10.0.2.77::10.0.2.2:255.255.255.0:host7:eth0:none nameserver=10.0.2.3 \
		rd.blob.insecure quiet rd.blob.overlay=none demo.nocheck demo.run=processes demo.run=overlay
}

# An image over two blobs, with a domain for both. Images of all layouts lie beside it.
host_of_two_blobs() {
	mkdir www
	ln -s "$boot_build"/layouts/www/* www/
	# mkfs.erofs 1.8 needs an existing blob.
	touch www/blob1
	atf_check -o ignore -e ignore mkfs.erofs --chunksize=65536 --blobdev=www/blob1 www/multi.erofs \
		"$boot_build/images/demo.root"
	# mkfs.erofs 1.5 leaves the device's name in the image empty: the mount option names it.
	boot_serve
	boot busybox-6.12 multi.erofs 0 '^demo: done' ip=dhcp rd.blob.insecure rootflags=device=blob1,domain_id=fleet,nodev,noatime \
		demo.run=layouts demo.run=volumes
}

# Whose daemon is a test's: the promises that the fake kernel makes, and reads over a cache with gaps.
host_that_is_split() {
	# shellcheck source=tests/support/split.sh
	. "$support/split.sh"
	split busybox-6.12 split.promises
	boot_is_clean
}
