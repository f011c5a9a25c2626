#!/usr/bin/env atf-sh
# shellcheck shell=sh
# shellcheck source=tests/support/boot.sh
# SPDX-License-Identifier: MIT
#
# What the store makes possible, and what its end means.
# shellcheck disable=SC2154 # what boot.sh sets

support=$(cd "$(atf_get_srcdir)/../support" && pwd)
# shellcheck source=tests/support/over.sh
. "$support/over.sh"

# In the files of a RAM disk, or in memory of the engine's.
when_all_of_it_is_here_no_server_is_needed_body() {
	. "$support/boot.sh"
	boot_serve
	boot "$over_flavour" demo.erofs 0 '^demo: done' ip=dhcp "$boot_proof" demo.nocheck rd.blob.cache=ram rd.blob.complete=200m \
		demo.run=independent
	boot_has 'blobroot: memory: [0-9]+ MB available: at most [0-9]+ MB for the store, [0-9]+ MB for what is written to the root'
	boot_has 'blobroot: http.*/demo.erofs: all of it is here, [0-9]* bytes: no server is needed any more'
	boot_has '^INDEPENDENT wrong=0'
	boot_has '^INDEPENDENT wrong with the next engine=0'
}

atf_test_case a_store_whose_disk_is_pulled_fails_what_is_new
a_store_whose_disk_is_pulled_fails_what_is_new_body() {
	. "$support/boot.sh"
	boot_serve
	truncate -s 200M disk
	atf_check -o ignore -e ignore mkfs.ext4 -q disk
	boot_options="--drive $PWD/disk"
	boot busybox-6.12 demo.erofs 0 '^demo: done' ip=dhcp "$boot_proof" demo.nocheck rd.blob.cache=/dev/vda \
		demo.run=store-fails
	boot_has '^STORE wrong before=0'
	boot_has '^STORE wrong after=0'
	boot_has_not '^STORE .* was read in round'
	boot_has '^STORE reads failed with: (Input/output error,)+ after [0-9]+ s'
	boot_has '^STORE lines: [01]'
	boot_has '^STORE engines that ended: 0'
}

# A stranger's disk, for the overlay, and for the store where there is one: all is there afterwards that was there, and nothing else but what
# is below /blobroot. With a Debian root: long/debian_faults_test.
one_reply_in_ten_is_bad_in_every_known_way_and_all_comes_up_body() {
	. "$support/boot.sh"
	. "$support/faults.sh"
	boot_serve
	for name in cache graveyard upper work; do
		mkdir -p "theirs/$name"
		echo "$name" >"theirs/$name/file"
	done
	truncate -s 200M disk
	atf_check -o ignore -e ignore mkfs.ext4 -q -L blobs -d theirs disk
	faults_each 10
	boot_options="--drive $PWD/disk"
	case $over_transport in cachefiles) cache=LABEL=blobs ;; fuse) cache=page ;; esac
	boot "$over_flavour" demo.erofs 0 '^demo: done' ip=dhcp "$boot_proof" "rd.blob.cache=$cache" rd.blob.overlay=LABEL=blobs \
		demo.run=overlay
	boot_has '^demo: all checksums right'
	boot_has '^OVERLAY written$'
	# Its journal: the machine was switched off. Status 1 is a disk that was corrected.
	e2fsck -fy disk >e2fsck.out 2>&1
	mkdir after
	atf_check -o ignore -e ignore debugfs -R 'rdump / after' disk
	rm -r after/lost+found
	atf_check -o inline:'changed\n' cat after/blobroot/upper/data/text/0/1
	rm -r after/blobroot
	atf_check diff -r theirs after
	bad=$(awk '$2 ~ /demo/ && $2 !~ /profile$/ && ($4 != 206 || $7 != "ok")' log | wc -l)
	echo "$bad bad replies of $(grep -c demo log)"
	# The die has a fixed seed, and some faults look right in the log: the first hundred replies have four of the others.
	atf_check test "$bad" -ge 1
}

# What is kept there for the next boot. With a root hash, and all of the image there, the BusyBox initramfs needs neither server nor
# link, and dracut's no server.
a_disk_that_was_booted_from_boots_without_a_server_and_without_a_network_body() {
	. "$support/boot.sh"
	. "$support/boot_store.sh"
	boot_serve
	store_disk 200M
	store_boots "$over_flavour" first
	atf_check test "$(cat first)" -gt 300000
	kill "$server"
	store_boots "dracut-${over_flavour#busybox-}" second
	# Nor does it need room then.
	store_fill_disk
	boot_options="$boot_options --unplugged"
	store_boots "$over_flavour" third
	[ "$over_transport" = fuse ] ||
		boot_has 'blobroot: http.*/demo.erofs: all of it is here, [0-9]* bytes: no server is needed any more'
	boot_has 'blobroot: network: no link: no carrier on eth0 in 10 s: going on from the store'
	atf_check_equal '0 0' "$(cat second) $(cat third)"
	# Its journal: the machine was switched off. Status 1 is a disk that was corrected.
	e2fsck -fy disk >e2fsck.out 2>&1 || atf_check_equal 1 $?
	mkdir after
	atf_check -o ignore -e ignore debugfs -R "rdump /blobroot/images after" disk
	atf_check cmp "$(find after -name blocks)" "$boot_build/images/demo.erofs"
}

atf_init_test_cases() {
	over 'cachefiles fuse' a_disk_that_was_booted_from_boots_without_a_server_and_without_a_network \
		one_reply_in_ten_is_bad_in_every_known_way_and_all_comes_up \
		when_all_of_it_is_here_no_server_is_needed
	atf_add_test_case a_store_whose_disk_is_pulled_fails_what_is_new
}
