#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# A store on a disk, below a directory: the next mount finds it, and proves it.
# shellcheck disable=SC2119,SC2154 # what native.sh sets

support=$(cd "$(atf_get_srcdir)/../support" && pwd)
# shellcheck source=tests/support/native.sh
. "$support/native.sh"

# A file system of its own, so that it has extents, holes and a size: store_disk SIZE [MKFS..].
store_disk() {
	store_size=$1
	shift
	[ $# -gt 0 ] || set -- mkfs.ext4 -q
	truncate -s "$store_size" disk
	atf_check -o ignore -e ignore "$@" disk
	mkdir -p store
	atf_check mount -o loop disk store
}

# Mounts the image with the store, reads all of it, and unmounts it; puts what was fetched into $fetched. Words are further ones.
store_round() {
	native_options="--store $PWD/store"
	native_mount mnt "$@"
	native_reads mnt -c
	fetched=$(native_status mnt fetched)
	umount mnt
	native_until native_are_gone
	native_cold
}

store_image() { echo store/images/"$root"; }

atf_test_case the_next_mount_reads_from_the_disk
the_next_mount_reads_from_the_disk_body() {
	native_serve
	store_disk 300M
	store_round
	first=$fetched
	store_round
	atf_check test "$fetched" -lt 300000
	atf_check test "$first" -gt 800000
	native_mount mnt
	atf_check_equal disk "$(native_status mnt cache)"
	# Blocks that the reader never needed are not there; what is there is as stock tools would have it.
	atf_check -o match:"$root" veritysetup dump "$(store_image)/tree"
}

# All of it, and then it is what mkfs.erofs and veritysetup wrote.
atf_test_case it_can_be_whole_and_stock_tools_agree
it_can_be_whole_and_stock_tools_agree_body() {
	native_serve
	store_disk 300M
	native_options="--store $PWD/store"
	export BLOBROOT_LOG_STDERR=1
	native_mount mnt rd.blob.complete=1g
	native_until grep -q 'blobroot: http.*/x.erofs: all of it is here, [0-9]* bytes: no server is needed any more' said
	kill "$server"
	native_cold
	native_reads mnt -c
	umount mnt
	native_until native_are_gone
	atf_check cmp www/x.erofs "$(store_image)/blocks"
	atf_check veritysetup verify "$(store_image)/blocks" "$(store_image)/tree" "$root"
}

# 2,000 changes to what lies there: no wrong byte is read.
atf_test_case whatever_lies_there_no_wrong_byte_is_read
whatever_lies_there_no_wrong_byte_is_read_body() {
	native_serve
	store_disk 300M
	store_round rd.blob.complete=1g
	for round in 1 2 3 4; do
		"$support/spoil_store" "$round" 500 "$(store_image)"
		native_cold
		store_round
	done
	atf_check test "$fetched" -gt 4096
}

atf_init_test_cases() {
	atf_add_test_case the_next_mount_reads_from_the_disk
	atf_add_test_case it_can_be_whole_and_stock_tools_agree
	atf_add_test_case whatever_lies_there_no_wrong_byte_is_read
}
