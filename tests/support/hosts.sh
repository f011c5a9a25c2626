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
	boot "$over_flavour" demo.erofs 0 '^demo: done' ip=dhcp "$boot_proof" demo.run=processes
}

# Disturbances while the root is read: each script reads something that was not read before.
host_in_trouble() {
	boot_serve
	boot "$over_flavour" demo.erofs 0 '^demo: done' ip=dhcp "$boot_proof" demo.nocheck rd.blob.overlay=tmpfs:32M \
		demo.run=rights demo.run=keeper-stays demo.run=forbidden demo.run=engine-dies demo.run=lease demo.run=overlay
}

# Of two mirrors one lies at many places, and both about one byte in the middle of a file. ./spoilt says where: $block of the
# image, block $of_file of the file.
host_between_liars() {
	boot_serve
	mkdir www/honest
	ln -s ../demo.erofs ../demo.erofs.verity www/honest
	first=$(PATH=$PATH:/usr/sbin:/sbin dump.erofs --path=/data/large/random -e "$boot_build/images/demo.erofs" 2>/dev/null |
		sed -n 's/^ *0:.*: *\([0-9]*\)\.\. .*/\1/p')
	of_file=$(($(stat -c %s "$boot_build/images/demo.root/data/large/random") / 8192 + 5))
	block=$((first + of_file * 4096))
	echo "block=$block of_file=$of_file" >spoilt
	# Every block of the first mirror's that a large read meets, and hashes too. The liar answers sooner: else it would not be
	# asked.
	httpd_fault "path=/demo.erofs flip=70000 flip=1000000 flip=2000000 flip=5000000 flip=9000000 flip=$((block + 77))" \
		"path=/honest/demo.erofs delay=200 flip=$((block + 77))"
	boot "$over_flavour" demo.erofs 0 '^demo: done' ip=dhcp "$boot_proof" "rd.blob.mirror=$guest_url/honest/demo.erofs" \
		demo.run=around
}

# A machine with the generic kernel and a card that needs a driver. Its server is nginx, by a name that the name server on the
# command line resolves. QEMU answers DHCP itself, and would forward name queries to the first server in the build machine's
# resolv.conf: so the guest asks our own name server.
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
	boot_options='--nic e1000e'
	boot busybox-amd64-6.12 demo.erofs 0 '^demo: done' ip=dhcp nameserver=10.0.2.2 "$boot_proof" demo.every=10
	kill $nginx
}

# Configured by hand on the command line.
host_set_by_hand() {
	boot_serve
	boot busybox-7.3 demo.erofs 0 'demo: done' ip=10.0.2.77::10.0.2.2:255.255.255.0:host7:eth0:none nameserver=10.0.2.3 \
		rd.blob.insecure quiet rd.blob.overlay=none demo.nocheck demo.run=processes demo.run=overlay
}

# An image over two blobs, with cachefiles with a domain for both. Images of all layouts lie beside it.
host_of_two_blobs() {
	mkdir www
	ln -s "$boot_build"/layouts/www/* www/
	# mkfs.erofs 1.8 needs an existing blob.
	touch www/blob1
	atf_check -o ignore -e ignore mkfs.erofs --chunksize=65536 --blobdev=www/blob1 www/multi.erofs \
		"$boot_build/images/demo.root"
	boot_serve
	case $over_transport in cachefiles) domain=,domain_id=fleet ;; fuse) domain= ;; esac
	# mkfs.erofs 1.5 leaves the device's name in the image empty: the mount option names it.
	boot "$over_flavour" multi.erofs 0 '^demo: done' ip=dhcp rd.blob.insecure "rootflags=device=blob1$domain,nodev,noatime" \
		demo.run=layouts demo.run=volumes
}

# Verified, by a tree that stock veritysetup makes, with a random salt; read by many at once, of whom some are killed.
host_of_many_readers() {
	mkdir -p www
	atf_check -o ignore -e ignore mkfs.erofs -zlz4hc -C65536 www/big.erofs "$boot_build/images/demo.root"
	boot_serve
	atf_check -o save:tree env PATH="$PATH:/usr/sbin:/sbin" veritysetup format www/big.erofs www/big.erofs.verity
	# Who is killed waits: for metadata, too, which is read in the reader's name.
	httpd_fault delay=60
	boot "$over_flavour" big.erofs 0 '^demo: done' ip=dhcp demo.nocheck demo.run=parallel demo.run=killed-readers \
		"rd.blob.roothash=$(sed -n 's/^Root hash:[[:space:]]*//p' tree)"
}

# Whose daemon is a test's: the promises that the fake kernel makes, and reads over a cache with gaps.
host_that_is_split() {
	# shellcheck source=tests/support/split.sh
	. "$support/split.sh"
	split busybox-6.12 split.promises
	boot_is_clean
}
