#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# Images of all kinds, mounted natively: signed ones, those that go on in other blobs, every layout.
# shellcheck disable=SC2034,SC2119,SC2154 # what native.sh sets

support=$(cd "$(atf_get_srcdir)/../support" && pwd)
# shellcheck source=tests/support/native.sh
. "$support/native.sh"

atf_test_case a_root_hash_that_is_signed_needs_no_word
a_root_hash_that_is_signed_needs_no_word_body() {
	# shellcheck source=tests/support/signed.sh
	. "$support/signed.sh"
	signed release
	mkdir mnt
	atf_check -e ignore "$native_blobrootd" mount-image --etc "$PWD/etc" "$url/x.erofs" mnt
	atf_check cmp tree/noise mnt/noise
	umount mnt
	sign stranger
	native_refused 100 '.*x.erofs.roothash.p7s: .*' --etc "$PWD/etc" "$url/x.erofs" mnt rd.blob.contact=2
}

atf_test_case blobs_beside_the_image_are_files_of_the_same_mount
blobs_beside_the_image_are_files_of_the_same_mount_body() {
	mkdir -p www tree mnt
	kernel_noise tree/one 3000000 1
	atf_check -o ignore -e ignore mkfs.erofs --chunksize=4096 --blobdev=www/blob1 www/x.erofs tree
	httpd_serve
	atf_check -e ignore "$native_blobrootd" mount-image "$url/x.erofs" mnt rd.blob.insecure rootflags=device=blob1
	atf_check cmp tree/one mnt/one
	umount mnt
	# A root hash vouches for one file.
	verity_format www/x.erofs www/x.erofs.verity
	native_refused 100 '.*goes on in blobs of their own.*' "$url/x.erofs" mnt "rd.blob.roothash=$root" rootflags=device=blob1
	native_refused 100 'mount: a blob beside the image cannot be opened.*' "$url/x.erofs" mnt rd.blob.insecure \
		rootflags=device=gone
	native_until native_are_gone
}

atf_test_case every_layout_that_mkfs_makes_is_read_right
every_layout_that_mkfs_makes_is_read_right_body() {
	layouts=$native_top/build/layouts/www
	ln -s "$layouts" www
	httpd_serve
	mkdir mnt
	read_right=0
	while read -r name features flags options; do
		[ "$flags" != - ] || flags=''
		[ "$options" != - ] || options=''
		if ! "$native_blobrootd" mount-image "$url/$name" mnt rd.blob.insecure "rootflags=$options" 2>why; then
			grep -q "^mount: the image needs what this kernel's EROFS does not have: " why || atf_fail "$name: $(cat why)"
			continue
		fi
		read_right=$((read_right + 1))
		# shellcheck disable=SC2086 # an option or none
		"$support/tree" -c $flags check mnt "$layouts/truth" >checked || { cat checked; atf_fail "$name $features"; }
		umount mnt
	done <"$layouts/list"
	# Linux 6.12 has all that mkfs.erofs of Debian 12 makes.
	atf_check test "$read_right" -ge "$(grep -c '^12-' "$layouts/list")"
}

atf_init_test_cases() {
	atf_add_test_case a_root_hash_that_is_signed_needs_no_word
	atf_add_test_case blobs_beside_the_image_are_files_of_the_same_mount
	atf_add_test_case every_layout_that_mkfs_makes_is_read_right
}
