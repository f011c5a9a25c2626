#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# How much of a disk a store takes, and what people do with it.
# shellcheck disable=SC2119,SC2154 # what native.sh sets

support=$(cd "$(atf_get_srcdir)/../support" && pwd)
# shellcheck source=tests/support/native_store.sh
. "$support/native_store.sh"

store_reads_until_it_is_said() {
	for _ in $(seq 100); do
		native_cold
		atf_check cmp tree/one mnt/one
		! grep -q "$1" said || return 0
		sleep 1
	done
	atf_fail "it never says: $1"
}

store_is_whole() { cmp -s www/x.erofs "$(store_image)/blocks"; }

# Ten images of 8 MB through a store that may take 30 MB: the one that is read and the one before it are always there.
atf_test_case whole_images_are_deleted_and_the_limit_holds
whole_images_are_deleted_and_the_limit_holds_body() {
	mkdir -p www tree store
	httpd_serve
	export BLOBROOT_LOG_STDERR=1
	before=none
	for image in 1 2 3 4 5 6 7 8 9 10; do
		kernel_noise tree/one 8000000 $image
		rm -f www/*
		atf_check -o ignore -e ignore mkfs.erofs www/x.erofs tree
		verity_format www/x.erofs www/x.erofs.verity
		native_options="--store $PWD/store"
		native_mount mnt rd.blob.cache.limit=30m
		cmp tree/one mnt/one || atf_fail "wrong"
		native_until store_is_whole
		atf_check test "$(du -sk store/images | cut -f 1)" -le 30720
		atf_check test -e "store/images/$root/blocks"
		[ "$before" = none ] || atf_check test -e "store/images/$before/blocks"
		before=$root
		umount mnt
		native_until native_are_gone
	done
	atf_check test "$(find store/images -mindepth 1 -maxdepth 1 | wc -l)" -le 3
	atf_check -o ignore grep 'blobroot: store: image [0-9a-f]* is deleted, to make room' said
}

# Limits of the file, and what they refuse.
atf_test_case limits_that_make_no_sense_are_refused
limits_that_make_no_sense_are_refused_body() {
	native_serve
	mkdir -p mnt store etc/blobroot
	set -- --etc etc --store store "$url/x.erofs" mnt "rd.blob.roothash=$root"
	echo 'brun 3%' >etc/blobroot/cachefilesd.conf
	native_refused 100 'etc/blobroot/cachefilesd.conf: bstop, bcull and brun must be in this order, each less than the next' "$@"
	echo 'secctx system_u:system_r:cachefiles_kernel_t:s0' >etc/blobroot/cachefilesd.conf
	native_refused 100 'etc/blobroot/cachefilesd.conf: secctx: no policy is loaded here, so that it would mean nothing' "$@"
	printf 'dir /x\nbrun 99%%\nbcull 98%%\nbstop 97%%\n' >etc/blobroot/cachefilesd.conf
	BLOBROOT_LOG_STDERR=1 atf_check -e save:said "$native_blobrootd" mount-image "$@"
	atf_check -o ignore grep 'cachefilesd.conf: line 1: dir: rd.blob.cache= says where the store is: passed over' said
	atf_check -o ignore grep 'store: the disk has no more free than bstop or fstop allow: nothing more is kept until there is room' said
	native_reads mnt
	atf_check_equal 0 "$(stat -c %b store/images/"$root"/blocks)"
}

# A disk that other data needs, too.
atf_test_case a_full_disk_costs_no_reader_anything_and_is_used_again_when_there_is_room
a_full_disk_costs_no_reader_anything_and_is_used_again_when_there_is_room_body() {
	native_serve_noise 20000000
	store_disk 64M
	export BLOBROOT_LOG_STDERR=1
	dd if=/dev/zero of=store/theirs bs=1M 2>/dev/null
	truncate -s -8M store/theirs
	sync store
	mkdir store/blobroot
	native_options="--store $PWD/store/blobroot"
	native_mount mnt
	atf_check cmp tree/one mnt/one
	native_until grep -q '^blobroot: store: the disk has no more free than bstop or fstop allow: nothing more is kept until' said
	rm store/theirs
	store_reads_until_it_is_said '^blobroot: store: there is room on the disk again'
	atf_check_equal 1 "$(grep -c 'nothing more is kept' said)"
}

# What people do with a store, here or on a disk of another machine.
atf_test_case it_is_listed_verified_and_dropped_by_hand
it_is_listed_verified_and_dropped_by_hand_body() {
	native_serve_noise 4000000
	native_options="--store $PWD/store"
	mkdir store
	native_mount mnt
	atf_check cmp tree/one mnt/one
	native_until store_is_whole
	atf_check -o match:"^$root: [0-9]* of [0-9]* bytes, booted as number 1, from $url/x.erofs$" "$native_blobrootd" store list --store store
	atf_check -o match:"^$root: .* right, 0 wrong, 0 without a hash; 0 wrong hash blocks$" "$native_blobrootd" store verify --store store
	printf x | dd of="store/images/$root/blocks" bs=1 seek=1000000 conv=notrunc 2>/dev/null
	printf x | dd of="store/images/$root/tree" bs=1 seek=9000 conv=notrunc 2>/dev/null
	atf_check -s exit:1 -o match:'1 wrong hash blocks$' "$native_blobrootd" store verify --store store "$root"
	atf_check -s exit:2 -e match:usage: "$native_blobrootd" store drop --store store
	atf_check -s exit:2 -e match:'is no root hash' "$native_blobrootd" store drop --store store ../../mnt
	atf_check -s exit:100 -e match:'is no store of blobroot' "$native_blobrootd" store list --store www
	# Not what somebody uses: whoever reads it must not find a hole there, nor nothing at all.
	atf_check -s exit:1 -e match:"^store: $root: Resource busy$" "$native_blobrootd" store prove --store store
	atf_check -s exit:100 -e match:'cannot be deleted: .*busy' "$native_blobrootd" store drop --store store "$root"
	umount mnt
	native_until native_are_gone
	atf_check -o match:"^$root:[0-9]*:[0-9a-f]*: [0-9]* bytes proven in .*: [0-9]* blocks of it are wrong, or nothing" "$native_blobrootd" store prove --store store
	atf_check -s exit:1 -o match:' 0 wrong, 0 without a hash; 1 wrong hash blocks$' "$native_blobrootd" store verify --store store "$root"
	atf_check "$native_blobrootd" store drop --store store "$root"
	atf_check -o empty "$native_blobrootd" store list --store store
}

atf_init_test_cases() {
	atf_add_test_case it_is_listed_verified_and_dropped_by_hand
	atf_add_test_case whole_images_are_deleted_and_the_limit_holds
	atf_add_test_case limits_that_make_no_sense_are_refused
	atf_add_test_case a_full_disk_costs_no_reader_anything_and_is_used_again_when_there_is_room
}
