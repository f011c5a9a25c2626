# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# For atf-sh tests of a store on a disk natively: disks, and mounts with a store.
#
# Flow: a test sources it at its head, which sources native.sh.
# shellcheck disable=SC2034,SC2119,SC2120,SC2154 # variables that are the tests' or native.sh's; options that few need

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
