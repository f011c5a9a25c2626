#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# Files that are no image which could be mounted, each with its one clear line and exit status.
# shellcheck disable=SC2119,SC2154 # what kernel.sh sets

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/kernel.sh
. "$support/kernel.sh"

atf_test_case a_file_that_is_no_erofs
a_file_that_is_no_erofs_body() {
	kernel_serve
	kernel_noise www/x.erofs 100000
	kernel_refuses 100 'is not an EROFS image: no EROFS superblock at byte 1024'
	kernel_noise www/x.erofs 500
	kernel_refuses 100 'is not an EROFS image: only 500 bytes'
}

atf_test_case an_empty_file
an_empty_file_body() {
	kernel_serve
	: >www/x.erofs
	kernel_refuses 100 'it is empty'
	kernel_refuses 100 'it is empty' 'status=416 content-range=bytes%20*/0'
}

atf_test_case a_truncated_image
a_truncated_image_body() {
	kernel_serve
	size=$(stat -c %s www/x.erofs)
	truncate -s -4096 www/x.erofs
	kernel_refuses 100 "is truncated: $((size - 4096)) bytes of the $size that its superblock says"
	truncate -s -1000 www/x.erofs
	kernel_refuses 100 "is truncated: $((size - 5096)) bytes of the $size that its superblock says"
	truncate -s 1152 www/x.erofs
	kernel_refuses 100 "is truncated: 1152 bytes of the $size that its superblock says"
}

atf_test_case a_size_that_is_no_multiple_of_the_block_size
a_size_that_is_no_multiple_of_the_block_size_body() {
	kernel_serve
	size=$(stat -c %s www/x.erofs)
	truncate -s +100 www/x.erofs
	kernel_refuses 100 "its size of $((size + 100)) bytes is no multiple of 4096"
}

# put OCTAL AT: a byte of the image's superblock, which is at 1024.
put() { printf %b "\\0$1" | dd of=www/x.erofs bs=1 seek=$((1024 + $2)) conv=notrunc status=none; }

atf_test_case an_image_of_small_blocks
an_image_of_small_blocks_body() {
	kernel_serve
	# blkszbits stands at byte 12 of the superblock; mkfs of Debian 12 makes no such image.
	put 011 12
	kernel_refuses 100 'has an EROFS block size other than 4096: make it with mkfs.erofs -b4096'
}

atf_test_case an_index_of_a_tar
an_index_of_a_tar_body() {
	kernel_serve
	# Blocks of 512 bytes, DEVICE_TABLE, one device: as mkfs.erofs --tar=i of Debian 13 makes it, whatever -b says.
	put 011 12
	put 010 80
	put 001 86
	kernel_refuses 100 'is an index of a tar (mkfs.erofs --tar=i), which the kernel cannot read on demand: make a whole image of the tar, with --tar=f'
}

atf_test_case a_superblock_that_was_changed_after_it_was_made
a_superblock_that_was_changed_after_it_was_made_body() {
	kernel_serve
	# A bit of the volume's name.
	put 001 64
	kernel_refuses 100 "its EROFS superblock's checksum is wrong: it is damaged, or was changed after it was made"
}

atf_test_case an_image_with_room_behind_its_end
an_image_with_room_behind_its_end_body() {
	kernel_serve
	truncate -s +8192 www/x.erofs
	cp www/x.erofs want.erofs
	kernel_run <<-EOF
		ready
		open image
		scan 1 128K
	EOF
}

atf_init_test_cases() {
	atf_add_test_case a_file_that_is_no_erofs
	atf_add_test_case an_empty_file
	atf_add_test_case a_truncated_image
	atf_add_test_case a_size_that_is_no_multiple_of_the_block_size
	atf_add_test_case an_image_of_small_blocks
	atf_add_test_case an_index_of_a_tar
	atf_add_test_case a_superblock_that_was_changed_after_it_was_made
	atf_add_test_case an_image_with_room_behind_its_end
}
