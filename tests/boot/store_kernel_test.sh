#!/usr/bin/env atf-sh
# shellcheck shell=sh
# shellcheck source=tests/support/boot.sh
# SPDX-License-Identifier: MIT
#
# A store on a disk from which the kernel reads by itself (cachefiles).
# shellcheck disable=SC1091,SC2154 # what boot.sh sets

support=$(cd "$(atf_get_srcdir)/../support" && pwd)

# A disk that a boot has filled, and then: wrong blocks of image and tree, a hole, unwritten blocks, another attribute. The kernel asks for
# none of that which is there, so it is proven before. The machine is switched off in the end, so the disk's journal is replayed.
atf_test_case what_has_changed_on_the_kernels_disk_is_found_before_it_reads
what_has_changed_on_the_kernels_disk_is_found_before_it_reads_body() {
	. "$support/boot.sh"
	. "$support/boot_store.sh"
	boot_serve
	store_disk 100M
	store_boots busybox-6.12 first
	e2fsck -fp disk >e2fsck.out 2>&1 || atf_check_equal 1 $?
	cp disk filled
	image=/blobroot/images/${boot_proof#*=}
	spoil_blocks "$image/blocks" 200
	spoil_blocks "$image/tree" 3
	cat >changes <<-EOT
	punch $image/blocks 1000 1400
	punch $image/blocks 2000 2400
	fallocate $image/blocks 2000 2400
	ea_set $image/blocks user.CacheFiles.cache nonsense
	EOT
	atf_check -o ignore -e ignore debugfs -w -f changes disk
	: >log
	store_boots busybox-6.12 changed
	boot_has 'blobroot: store: [0-9]+ bytes proven in [0-9]+ ms \([0-9]+ MB/s\): [0-9]+ blocks of it are wrong, or nothing vouches for them: they are fetched again'
	awk '/demo/ { sum += $5 } END { print sum + 0 }' log >fetched
	echo "$(cat fetched) bytes were fetched again"
	atf_check test "$(cat fetched)" -gt 800000
	atf_check test "$(cat fetched)" -lt 15000000
	# No root hash covers the superblock: with 129 blocks in it, which have the same tree, and other bytes behind them. Without the
	# first block a server is asked, and says how many there are.
	cp filled disk
	spoil_blocks "$image/blocks" 300
	atf_check -o ignore -e ignore debugfs -w -R "punch $image/blocks 0 3" disk
	printf '\201\0\0\0' | dd of=disk bs=1 seek=$(($(debugfs -R "bmap $image/tree 0" disk 2>/dev/null) * spoil_size + 72)) \
		conv=notrunc status=none
	store_boots busybox-6.12 less
	# A file that cannot be changed.
	cp filled disk
	atf_check -o ignore -e ignore debugfs -w -R "sif $image/blocks flags 0x80010" disk
	store_boots busybox-6.12 immutable
	boot_has 'blobroot: store: .*: Operation not permitted: going on with a store in memory'
}

atf_test_case a_disk_without_room_for_the_image_costs_no_boot
a_disk_without_room_for_the_image_costs_no_boot_body() {
	. "$support/boot.sh"
	. "$support/boot_store.sh"
	boot_serve
	store_disk 24M
	store_boots busybox-6.12 first
	boot_has 'blobroot: store: the disk has no more free than bstop or fstop allow: going on with a store in memory'
}

atf_init_test_cases() {
	atf_add_test_case what_has_changed_on_the_kernels_disk_is_found_before_it_reads
	atf_add_test_case a_disk_without_room_for_the_image_costs_no_boot
}
