#!/usr/bin/env atf-sh
# shellcheck shell=sh
# shellcheck source=tests/support/boot.sh
# SPDX-License-Identifier: MIT
#
# Kernel bugs that hooks/modules/patches mend: on a compressed image a read that crosses from cached to uncached
# bytes hangs its reader for ever; behind a hole zeros are read in place of data.
# shellcheck disable=SC2154 # what boot.sh sets

support=$(cd "$(atf_get_srcdir)/../support" && pwd)

# split FLAVOUR [WORD..]: a VM with that flavour's modules reads a compressed image that is cached in stripes.
split() {
	. "$support/boot.sh"
	split_flavour=$1
	shift
	mkdir tree tree/files add add/bin
	for i in $(seq 40); do
		seq "$i" 60000 >"tree/files/$i"
	done
	(cd tree && find files -type f -exec md5sum {} + >sums)
	atf_check -o ignore -e ignore mkfs.erofs -zlz4hc -C65536 add/split.erofs tree
	cp "$boot_top/tests/boot/split/init" add/split-init
	cp "$boot_build/tests/support/split_daemon" "$boot_build/tests/support/tree" add/bin/
	cp "$boot_build/layouts/www/13-chunks-64k" add/holes.erofs
	cp "$boot_build/layouts/www/truth" add/holes.truth
	(cd add && find . | cpio -o -H newc --quiet) >add.cpio
	cat "$boot_build/boot/$split_flavour/initrd.img" add.cpio >initrd
	turn_take
	"$boot_top/qemu/run" --kernel "$boot_build/boot/$split_flavour/vmlinuz" --initrd initrd --console console.raw \
		--timeout 400 --mem 1024 --nic none --marker 'SPLIT done' --append "rdinit=/split-init panic=-1 $*" \
		>end 2>&1 </dev/null 6>&- || atf_fail "$(cat end)"
	turn_give
	tr -d '\r' <console.raw >console
	boot_has_not 'SPLIT no '
}

atf_test_case without_the_patches_readers_hang_and_holes_swallow_data
without_the_patches_readers_hang_and_holes_swallow_data_body() {
	split busybox-unpatched-6.12
	boot_has_not 'SPLIT readers ended: 4 of 4'
	boot_has 'SPLIT in uninterruptible sleep: md5sum'
	boot_has '^tree: wrong: .*: bytes from'
	boot_has_not 'SPLIT holes: .* 0 wrong'
}

atf_test_case with_the_patches_every_reader_ends_with_the_right_bytes
with_the_patches_every_reader_ends_with_the_right_bytes_body() {
	split busybox-6.12
	boot_has 'SPLIT holes: .* 0 wrong'
	boot_has 'SPLIT readers ended: 4 of 4'
	boot_has 'SPLIT right: 40 of 40'
	boot_has 'SPLIT unmounted'
	boot_is_clean
}

atf_test_case with_the_patches_reads_that_fail_end_too
with_the_patches_reads_that_fail_end_too_body() {
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
