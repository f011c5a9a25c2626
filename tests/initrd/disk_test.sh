#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# initrd/lib/{disk,store}.sh on somebody's disk: what is not ours is not touched, and what is left of an earlier
# boot is not used.
# shellcheck disable=SC1091,SC2016,SC2034,SC2119 # text for other shells; variables and functions of fake.sh

top=$(atf_get_srcdir)
until [ -e "$top/initrd/mkinitrd" ]; do top=$top/..; done
. "$top/tests/initrd/fake.sh"
. "$top/tests/initrd/disk.sh"

opens='blob_cache=/dev/vda blob_has_store=both; store_begin; store_fresh || echo "$store_error"; echo "${store_dir#"$blob_prefix"}"'
# What is taken in its place is of no interest here.
begins='blob_cache=/dev/vda blob_has_store=both blob_ram_instead_kib=20000 daemon_probed=/dev/null
	store_open_ram() { :; }
	store_close() { called closed; }
	daemon_run() { called run "$@"; daemon_status=0; }
	store_begin; daemon_start'

# refuses REASON: the store on the disk is refused, and nothing on it has changed.
refuses() {
	fake_run 0 "store_fresh() { store_dir=RAM; }; $begins"
	fake_said "<3>blobroot: store: /dev/vda: $1: going on with a store in memory"
	fake_called closed
	fake_called 'run --store RAM'
	atf_check diff -r --no-dereference $disk root/run/blobroot/store
	# Nor has the file system been mounted for writing, which is a change as well.
	atf_check -o inline:"mount -o ro,noatime,nosuid,nodev,noexec $PWD/root/dev/vda $PWD/root/run/blobroot/store\n" \
		grep '^mount ' root/calls
}

atf_test_case on_a_strangers_disk_we_make_one_directory_and_touch_nothing_else
on_a_strangers_disk_we_make_one_directory_and_touch_nothing_else_body() {
	strangers $disk
	fake_run 0 "$opens"
	atf_check -o inline:'/run/blobroot/store/blobroot/store.0b1c-2d\n' cat out
	lists store blobroot/mark "$theirs"
	atf_check -o inline:"$mark\n" cat root/run/blobroot/store/blobroot/mark
	atf_check -o inline:'700\n' stat -c %a root/run/blobroot/store/blobroot
	fake_called "mount -o ro,noatime,nosuid,nodev,noexec $PWD/root/dev/vda $PWD/root/run/blobroot/store"
}

atf_test_case what_an_earlier_boot_left_is_deleted_and_links_in_it_are_not_followed
what_an_earlier_boot_left_is_deleted_and_links_in_it_are_not_followed_body() {
	strangers $disk
	marked $disk
	mkdir -p $disk/blobroot/store.old/cache/Ierofs,x $disk/blobroot/mine
	ln -s ../../../photos $disk/blobroot/store.old/cache/link
	ln -s ../photos $disk/blobroot/store.link
	ln $disk/photos/file $disk/blobroot/store.old/hard
	: >$disk/blobroot/mine/kept
	fake_run 0 "$opens"
	lists store blobroot/mark blobroot/mine/kept "$theirs"
	# Another start in the same boot does not trust it either.
	mkdir -p $disk/blobroot/store.0b1c-2d/cache
	fake_run 0 "$opens"
	atf_check rmdir root/run/blobroot/store/blobroot/store.0b1c-2d
}

atf_test_case what_cannot_be_deleted_is_not_used
what_cannot_be_deleted_is_not_used_body() {
	strangers $disk
	marked $disk
	mkdir -p $disk/blobroot/store.old/cache
	# As with chattr +i.
	fake_run 0 "rm() { echo 'rm: cannot remove x: Operation not permitted'; return 1; }; ${begins%daemon_start} daemon_run_both || echo in memory"
	fake_said '<3>blobroot: store: /dev/vda: what an earlier boot left in /blobroot/store.old cannot be deleted: Operation not permitted: going on with a store in memory'
	atf_check -o inline:'in memory\n' cat out
	# It says that all is well, and it is not.
	fake_run 0 "rm() { :; }; ${begins%daemon_start} daemon_run_both || echo in memory"
	atf_check -o inline:'in memory\n' cat out
	# One of this name that came between.
	fake_run 0 "rm() { command rm \"\$@\"; case \$* in *store.old*) mkdir \"\$disk_ours/store.0b1c-2d\" ;; esac; }; ${begins%daemon_start} daemon_run_both || echo in memory"
	atf_check -o ignore grep 'store: /dev/vda: cannot make /blobroot/store.0b1c-2d: File exists: going on' root/dev/kmsg
}

atf_test_case what_only_looks_like_ours_is_refused
what_only_looks_like_ours_is_refused_body() {
	not="/blobroot is not a directory of root's, so not blobroot's: move it away"
	no_mark='/blobroot has no mark (/blobroot/mark), so it is not blobroot'\''s: move it away'
	strangers $disk
	ln -s photos $disk/blobroot
	refuses "$not"
	strangers $disk
	ln -s nowhere $disk/blobroot
	refuses "$not"
	strangers $disk
	: >$disk/blobroot
	refuses "$not"
	strangers $disk
	mkdir -p $disk/blobroot/store.theirs
	refuses "$no_mark"
	echo "$mark" >$disk/photos/mark
	ln -s ../photos/mark $disk/blobroot/mark
	refuses "$no_mark"
	strangers $disk
	marked $disk
	echo more >>$disk/blobroot/mark
	refuses "$no_mark"
	strangers $disk
	mkdir -p $disk/blobroot/mark
	refuses "$no_mark"
}

atf_test_case a_mark_that_was_cut_short_is_made_again_and_not_through_a_link
a_mark_that_was_cut_short_is_made_again_and_not_through_a_link_body() {
	strangers $disk
	mkdir $disk/blobroot
	ln -s ../photos/file $disk/blobroot/mark.new
	fake_run 0 "$opens"
	atf_check -o inline:'photos\n' cat root/run/blobroot/store/photos/file
	atf_check -o inline:"$mark\n" cat root/run/blobroot/store/blobroot/mark
}

atf_test_case a_disk_that_is_full_or_read_only_is_not_used
a_disk_that_is_full_or_read_only_is_not_used_body() {
	strangers $disk
	fake_run 0 'mkdir() { case $* in *blobroot/store/blobroot*) echo "mkdir: x: Read-only file system"; return 1;; esac; command mkdir "$@"; }
		store_open_disk /dev/vda || echo "$store_error"'
	atf_check -o inline:'store: /dev/vda: cannot make /blobroot: Read-only file system\n' cat out
	fake_run 0 'mv() { echo "mv: x: No space left on device"; return 1; }
		store_open_disk /dev/vda || echo "$store_error"'
	atf_check -o inline:'store: /dev/vda: cannot write /blobroot/mark: No space left on device\n' cat out
}

# The daemon says so, with EXIT_STORE: too little room, or a file system that will not do. Any other end is the boot's.
atf_test_case a_disk_that_the_daemon_cannot_use_is_one_line
a_disk_that_the_daemon_cannot_use_is_one_line_body() {
	strangers $disk
	fake_run 0 "$(echo "$begins" | sed 's/daemon_status=0/daemon_status=101/; s/store_begin; daemon_start//')
		mkdir -p root/run/blobroot
		echo 'store: there is no room for the whole image' >\"\$blob_prefix/run/blobroot/error\"
		store_begin; daemon_run_both || echo \"\$blob_has_store\""
	fake_said '<3>blobroot: store: there is no room for the whole image: going on with a store in memory'
	atf_check -o inline:'ram\n' cat out
	fake_called 'run --store '"$PWD"'/root/run/blobroot/store/blobroot/store.0b1c-2d --keep'
	fake_called closed
}

atf_init_test_cases() {
	atf_add_test_case on_a_strangers_disk_we_make_one_directory_and_touch_nothing_else
	atf_add_test_case what_an_earlier_boot_left_is_deleted_and_links_in_it_are_not_followed
	atf_add_test_case what_cannot_be_deleted_is_not_used
	atf_add_test_case what_only_looks_like_ours_is_refused
	atf_add_test_case a_mark_that_was_cut_short_is_made_again_and_not_through_a_link
	atf_add_test_case a_disk_that_is_full_or_read_only_is_not_used
	atf_add_test_case a_disk_that_the_daemon_cannot_use_is_one_line
}
