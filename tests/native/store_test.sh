#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# A store on a disk, below a directory: the next mount finds it, and proves it.
# shellcheck disable=SC2119,SC2154 # what native.sh sets

support=$(cd "$(atf_get_srcdir)/../support" && pwd)
# shellcheck source=tests/support/native_store.sh
. "$support/native_store.sh"

store_noise_round() {
	native_options="--store $PWD/store"
	native_mount mnt
	atf_check cmp tree/one mnt/one
	fetched=$(native_status mnt fetched)
	umount mnt
	native_until native_are_gone
	native_cold
}

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
	native_serve_noise 20000000
	store_disk 300M
	export BLOBROOT_LOG_STDERR=1
	store_noise_round
	for round in 1 2 3 4 5; do
		kinds=''
		[ $round -le 3 ] || kinds=all
		# shellcheck disable=SC2086 # none, or one word
		atf_check -e ignore "$support/spoil_store" $round 400 "$(store_image)" $kinds
		native_cold
		store_noise_round
		! grep 'going on without it' said || atf_fail "the store is not used"
		# What is right there is used, and what is wrong is fetched.
		[ -n "$kinds" ] || atf_check test "$fetched" -lt 10000000
		atf_check test "$fetched" -gt 400000
		atf_check -o ignore grep 'store: bytes .*: not what the root hash vouches for: fetched again' said
	done
}

atf_test_case engines_that_are_killed_leave_nothing_wrong
engines_that_are_killed_leave_nothing_wrong_body() {
	native_serve_noise 60000000
	store_disk 300M
	native_options="--store $PWD/store"
	native_mount mnt
	for kill in 1 2 3 4 5 6 7 8; do
		cmp tree/one mnt/one &
		reader=$!
		sleep 0.$kill
		kill -KILL "$(native_status mnt engine)"
		wait "$reader" || atf_fail "a reader fails"
		native_cold
	done
	umount mnt
	native_until native_are_gone
	native_cold
	native_mount mnt
	atf_check cmp tree/one mnt/one
	atf_check test "$(native_status mnt fetched)" -lt 1000000
}

# What is not blobroot's is not touched, and what cannot be used is said.
atf_test_case a_directory_that_is_not_ours_is_refused
a_directory_that_is_not_ours_is_refused_body() {
	native_serve
	mkdir mnt theirs
	echo precious >theirs/mark
	set -- "$url/x.erofs" mnt "rd.blob.roothash=$root"
	native_refused 100 "store: theirs: is not empty, and has no mark (mark), so it is not blobroot's: use another directory" \
		--store theirs "$@"
	atf_check -o inline:'mark\n' ls theirs
	atf_check -o inline:'precious\n' cat theirs/mark
	native_refused 100 'store: nowhere: No such file or directory' --store nowhere "$@"
	native_refused 100 'store: theirs/mark: Not a directory' --store theirs/mark "$@"
	mkdir ours elsewhere
	echo 'blobroot made this directory, and deletes what it made here.' >ours/mark
	ln -s ../elsewhere ours/images
	native_refused 100 'store: ours: Not a directory' --store ours "$@"
	native_refused 100 'rd.blob.cache=ram: and --store DIR: one of them' --store ours "$@" rd.blob.cache=ram
	atf_check rmdir elsewhere
}

# Nothing can prove what lies there.
atf_test_case without_a_root_hash_there_is_no_store
without_a_root_hash_there_is_no_store_body() {
	native_serve
	mkdir store mnt
	export BLOBROOT_LOG_STDERR=1
	atf_check -e save:said "$native_blobrootd" mount-image --store store "$url/x.erofs" mnt rd.blob.insecure
	atf_check -o ignore grep 'store: nothing vouches for the image, nor for what lies on a disk: going on without it' said
	native_reads mnt
	atf_check -o empty ls store/images
}

atf_init_test_cases() {
	atf_add_test_case the_next_mount_reads_from_the_disk
	atf_add_test_case it_can_be_whole_and_stock_tools_agree
	atf_add_test_case whatever_lies_there_no_wrong_byte_is_read
	atf_add_test_case engines_that_are_killed_leave_nothing_wrong
	atf_add_test_case a_directory_that_is_not_ours_is_refused
	atf_add_test_case without_a_root_hash_there_is_no_store
}
