#!/usr/bin/env atf-sh
# shellcheck shell=sh
# shellcheck source=tests/support/split.sh
# SPDX-License-Identifier: MIT
#
# Kernel bugs that hooks/modules/patches mend: on a compressed image a read that crosses from cached to uncached
# bytes hangs its reader for ever; behind a hole zeros are read in place of data.
# shellcheck disable=SC1091,SC2154 # what split.sh sources and sets

support=$(cd "$(atf_get_srcdir)/../support" && pwd)

atf_test_case without_the_patches_readers_hang_and_holes_swallow_data
without_the_patches_readers_hang_and_holes_swallow_data_body() {
	. "$support/split.sh"
	split busybox-unpatched-6.12
	boot_has_not 'SPLIT readers ended: 4 of 4'
	boot_has 'SPLIT in uninterruptible sleep: md5sum'
	boot_has '^tree: wrong: .*: bytes from'
	boot_has_not 'SPLIT holes: .* 0 wrong'
}

atf_test_case with_the_patches_every_reader_ends_with_the_right_bytes
with_the_patches_every_reader_ends_with_the_right_bytes_body() {
	. "$support/hosts.sh"
	turn_shared host_that_is_split
	boot_has 'SPLIT holes: .* 0 wrong'
	boot_has 'SPLIT readers ended: 4 of 4'
	boot_has 'SPLIT right: 40 of 40'
	boot_has 'SPLIT unmounted'
}

atf_test_case with_the_patches_reads_that_fail_end_too
with_the_patches_reads_that_fail_end_too_body() {
	. "$support/split.sh"
	split busybox-6.12 split.fails slub_debug=FZPU,kmalloc-8k
	boot_has 'SPLIT readers ended: 4 of 4'
	boot_has 'SPLIT unmounted'
	boot_is_clean
}

atf_init_test_cases() {
	atf_add_test_case without_the_patches_readers_hang_and_holes_swallow_data
	atf_add_test_case with_the_patches_every_reader_ends_with_the_right_bytes
	atf_add_test_case with_the_patches_reads_that_fail_end_too
}
