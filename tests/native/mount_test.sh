#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# `blobrootd mount-image`: a published image is mounted on a host that runs.
# shellcheck disable=SC2119,SC2154 # what native.sh sets

support=$(cd "$(atf_get_srcdir)/../support" && pwd)
# shellcheck source=tests/support/native.sh
. "$support/native.sh"

atf_test_case every_file_of_a_published_image_is_read_right
every_file_of_a_published_image_is_read_right_body() {
	native_serve
	native_mount mnt
	native_reads mnt -c
	atf_check -o inline:'0\n' "$native_blobrootd" status --run mnt.run failed
}

atf_test_case it_ends_with_its_umount_and_leaves_nothing_behind
it_ends_with_its_umount_and_leaves_nothing_behind_body() {
	native_serve
	mkdir mnt
	grep -v '^cgroup' /proc/mounts >before
	atf_check -e ignore "$native_blobrootd" mount-image "$url/x.erofs" mnt "rd.blob.roothash=$root"
	atf_check_equal 2 "$(native_processes)"
	# Its source has a name, and nobody sees a FUSE mount.
	grep -v '^cgroup' /proc/mounts >during
	atf_check -s exit:1 -o inline:"> /run/blobroot/image $PWD/mnt erofs ro,MORE\n" sh -c \
		'diff before during | sed "1d; s/erofs ro,.*/erofs ro,MORE/" | grep -v "^---" && exit 1'
	atf_check -s not-exit:0 -o ignore grep fuse during
	native_reads mnt
	umount mnt
	native_until native_are_gone
	grep -v '^cgroup' /proc/mounts >after
	atf_check cmp before after
	atf_check test ! -e /run/blobroot
}

atf_test_case as_many_are_mounted_at_once_as_one_likes
as_many_are_mounted_at_once_as_one_likes_body() {
	native_serve
	for n in 1 2 3 4 5 6; do
		mkdir "m$n"
		"$native_blobrootd" mount-image "$url/x.erofs" "m$n" "rd.blob.roothash=$root" &
	done
	for n in 1 2 3 4 5 6; do
		native_until mountpoint -q "m$n"
	done
	native_reads m1
	umount m1 m2 m3
	native_until native_are_gone 6
	native_cold
	native_reads m6 -c
	umount m4 m5 m6
	native_until native_are_gone
	atf_check test ! -e /run/blobroot
}

atf_test_case a_mount_that_another_one_copies_lives_as_long_as_that
a_mount_that_another_one_copies_lives_as_long_as_that_body() {
	native_serve
	native_mount mnt
	mkdir copy
	mount --bind mnt copy
	umount mnt
	native_cold
	native_reads copy -c
	umount copy
	native_until native_are_gone
}

atf_test_case what_cannot_be_is_named
what_cannot_be_is_named_body() {
	native_serve
	mkdir mnt
	: >file
	x=$url/x.erofs
	native_refused 2 'usage: .*' "$x"
	native_refused 100 'mount-image: gone: is no directory' "$x" gone
	native_refused 100 'mount-image: file: is no directory' "$x" file
	native_refused 2 'mount-image: roothash=1: is no word of blobroot.*' "$x" mnt roothash=1
	native_refused 100 'rd.blob.roothash=12: is not a SHA-256.*' "$x" mnt rd.blob.roothash=12
	native_refused 100 'rd.blob.transport=cachefiles: no image is mounted by it here' "$x" mnt rd.blob.insecure \
		rd.blob.transport=cachefiles
	native_refused 100 'root=blob:ftp://h/x: is not a URL.*' ftp://h/x mnt rd.blob.insecure
	native_refused 100 'image: nothing vouches for it: .*' --etc "$PWD/none" "$x" mnt
	native_refused 100 "$url/gone: .*404.*" "$url/gone" mnt rd.blob.insecure rd.blob.contact=30
	native_refused 100 'mount: .*' "$x" mnt "rd.blob.roothash=$root" rootflags=nonsense
	native_refused 100 'mount: rw: an image is read-only.*' "$x" mnt "rd.blob.roothash=$root" rootflags=rw
	native_until native_are_gone
	atf_check test ! -e /run/blobroot
}

atf_test_case a_run_directory_can_be_used_again
a_run_directory_can_be_used_again_body() {
	native_serve
	for _ in 1 2; do
		native_mount mnt
		atf_check_equal "$(cat mnt.run/keeper.pid)" "$(native_status mnt keeper)"
		umount mnt
		native_until native_are_gone
	done
}

atf_test_case one_that_is_interrupted_leaves_nothing_behind
one_that_is_interrupted_leaves_nothing_behind_body() {
	native_serve
	mkdir mnt
	kill -STOP "$server"
	"$native_blobrootd" mount-image "$url/x.erofs" mnt "rd.blob.roothash=$root" &
	starter=$!
	native_until native_are_gone 2
	kill -KILL "$starter"
	native_until native_are_gone
	kill -CONT "$server"
	atf_check test ! -e /run/blobroot
}

# A root's overlay, and a container's over that. Kernels that count EROFS on a file as one more take only one (README.md).
atf_test_case two_overlays_lie_on_it
two_overlays_lie_on_it_body() {
	native_serve
	native_mount mnt
	mkdir rw one two
	mount -t tmpfs tmpfs rw
	mkdir rw/1 rw/2 rw/3 rw/4
	atf_check mount -t overlay -o lowerdir=mnt,upperdir=rw/1,workdir=rw/2 overlay one
	atf_check mount -t overlay -o lowerdir=one,upperdir=rw/3,workdir=rw/4 overlay two
	(cd tree && find . -type f -exec sha256sum {} +) >sums
	native_cold
	(cd two && atf_check -o ignore sha256sum --quiet -c ../sums)
	echo new >two/new
	atf_check test ! -e one/new
	umount two one mnt
	native_until native_are_gone
}

atf_init_test_cases() {
	atf_add_test_case two_overlays_lie_on_it
	atf_add_test_case every_file_of_a_published_image_is_read_right
	atf_add_test_case it_ends_with_its_umount_and_leaves_nothing_behind
	atf_add_test_case as_many_are_mounted_at_once_as_one_likes
	atf_add_test_case a_mount_that_another_one_copies_lives_as_long_as_that
	atf_add_test_case what_cannot_be_is_named
	atf_add_test_case a_run_directory_can_be_used_again
	atf_add_test_case one_that_is_interrupted_leaves_nothing_behind
}
