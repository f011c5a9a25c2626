#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# initrd/mkinitrd: which kernel modules go into the initramfs, and which of them are loaded by name.
# shellcheck disable=SC1091,SC2154 # variables and functions of modules.sh

top=$(atf_get_srcdir)
until [ -e "$top/initrd/mkinitrd" ]; do top=$top/..; done
. "$top/tests/initrd/modules.sh"

atf_test_case modules_come_with_what_they_need
modules_come_with_what_they_need_body() {
	kernel
	makes 0 "" --compress none --tree tree --out a.img
	lib=tree/lib/modules/6.0-test
	for name in erofs libcrc32c low_part cachefiles virtio_net; do
		atf_check test -s $lib/$name.ko
	done
	# The kernel's order, then by name.
	atf_check -o inline:'overlay.ko:\nerofs.ko:\naf_packet.ko:\ncachefiles.ko:\nlibcrc32c.ko:\nlow_part.ko:\nvirtio_net.ko:\nvirtio_pci.ko:\n' \
		cat $lib/modules.dep
	atf_check -o inline:'cachefiles\nerofs\n' cat tree/etc/blobroot/load
}

# loads NAME..: these are loaded by name at boot.
loads() {
	makes 0 "" --compress none --tree tree --out a.img
	printf '%s\n' "$@" >expected
	atf_check diff expected tree/etc/blobroot/load
}

atf_test_case of_each_transport_there_is_in_it_what_the_kernel_has
of_each_transport_there_is_in_it_what_the_kernel_has_body() {
	kernel
	loads cachefiles erofs
	module $dir/fs fuse ''
	loads cachefiles erofs fuse
	rm $dir/fs/cachefiles.ko.xz
	loads erofs fuse
	# Built in.
	rm $dir/fs/fuse.ko
	echo kernel/fs/fuse/fuse.ko >>$dir/modules.builtin
	loads erofs
	rm $dir/fs/erofs.ko
	makes 1 'mkinitrd: erofs: kernel 6.0-test has no such module\n' --out b.img
	echo kernel/fs/erofs/erofs.ko >>$dir/modules.builtin
	makes 0 "" --compress none --tree tree --out a.img
	atf_check test ! -e tree/etc/blobroot/load
}

atf_test_case rebuilt_modules_replace_the_kernels
rebuilt_modules_replace_the_kernels_body() {
	kernel
	module updates/x erofs '' rebuilt
	makes 0 "" --compress none --updates updates --tree tree --out a.img
	atf_check cmp updates/x/erofs.ko tree/lib/modules/6.0-test/erofs.ko
	# What only the replaced one needed stays out; libcrc32c is on the list by itself.
	atf_check test ! -e tree/lib/modules/6.0-test/low_part.ko
}

atf_init_test_cases() {
	atf_add_test_case modules_come_with_what_they_need
	atf_add_test_case of_each_transport_there_is_in_it_what_the_kernel_has
	atf_add_test_case rebuilt_modules_replace_the_kernels
}
