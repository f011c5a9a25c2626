#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# initrd/mkinitrd: what goes into the initramfs, and that the same input makes the same bytes.
# shellcheck disable=SC1091,SC2034,SC2119

top=$(atf_get_srcdir)
until [ -e "$top/initrd/mkinitrd" ]; do top=$top/..; done
. "$top/tests/initrd/fake.sh"

# module DIR NAME DEPENDS [TEXT]: as much of a kernel module as modinfo and depmod look at.
module() {
	mkdir -p "$1"
	printf '__attribute__((section(".modinfo"), used)) static const char i[] = "depends=%s\\0name=%s\\0text=%s";\n' \
		"$3" "$2" "${4:-}" >module.c
	gcc -c -o "$1/$2.ko" module.c || atf_fail "gcc cannot make a module"
}

# A kernel with all that the default lists need. erofs has two others under it; brd is built in.
kernel() {
	dir=kernel/usr/lib/modules/6.0-test
	module $dir/fs erofs libcrc32c,low-part
	module $dir/lib libcrc32c ''
	module $dir/lib low-part ''
	module $dir/fs cachefiles ''
	for name in overlay af_packet virtio_net virtio_pci; do
		module $dir/drivers $name ''
	done
	xz $dir/fs/cachefiles.ko
	printf 'kernel/drivers/overlay.ko\nkernel/x/none.ko\nkernel/fs/erofs.ko\n' >$dir/modules.order
	: >$dir/modules.builtin.modinfo
	printf 'kernel/drivers/block/brd.ko\nkernel/fs/ext4.ko\n' >$dir/modules.builtin
	cp /bin/true daemon
}

# makes STATUS ERROR OPTION..: mkinitrd ends with STATUS and says ERROR.
makes() {
	[ -x "$busybox" ] || atf_fail "$busybox is missing: make build/busybox"
	status=$1 error=$2
	shift 2
	atf_check -s "exit:$status" -e "inline:$error" "$top/initrd/mkinitrd" --kernel 6.0-test --modules kernel \
		--busybox "$busybox" --blobrootd daemon "$@"
}

atf_test_case the_same_input_makes_the_same_bytes
the_same_input_makes_the_same_bytes_body() {
	kernel
	makes 0 "" --out a.img
	# Other times, another order in the directory, another mask, and somebody else.
	mkdir again
	atf_check -o ignore sh -c 'cd kernel && find . | LC_ALL=C sort -r | cpio -pd --quiet ../again'
	rm -r kernel
	mv again kernel
	umask 077
	makes 0 "" --out b.img
	atf_check cmp a.img b.img
	echo more >>daemon
	makes 0 "" --out c.img
	atf_check -s exit:1 -o ignore cmp a.img c.img
}

atf_test_case it_is_an_archive_that_cpio_reads
it_is_an_archive_that_cpio_reads_body() {
	kernel
	makes 0 "" --compress none --tree tree --out a.img
	mkdir unpacked
	atf_check -e ignore sh -c 'cd unpacked && cpio -idm <../a.img'
	atf_check diff -r --no-dereference tree unpacked
	atf_check -o inline:'0\n' sh -c 'find unpacked -type f -exec stat -c %Y {} + | sort -u'
	atf_check -s exit:1 -e ignore sh -c 'cpio -itv <a.img | grep -v " root  *root "'
	atf_check -e ignore sh -c 'cpio -it <a.img | LC_ALL=C sort -c'
	atf_check cmp daemon unpacked/bin/blobrootd
	atf_check test -x unpacked/init
	atf_check -o inline:'busybox\n' readlink unpacked/bin/udhcpc
}

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

atf_test_case rebuilt_modules_replace_the_kernels
rebuilt_modules_replace_the_kernels_body() {
	kernel
	module updates/x erofs '' rebuilt
	makes 0 "" --compress none --updates updates --tree tree --out a.img
	atf_check cmp updates/x/erofs.ko tree/lib/modules/6.0-test/erofs.ko
	# What only the replaced one needed stays out; libcrc32c is on the list by itself.
	atf_check test ! -e tree/lib/modules/6.0-test/low_part.ko
}

atf_test_case a_users_list_adds_to_the_default
a_users_list_adds_to_the_default_body() {
	kernel
	module kernel/usr/lib/modules/6.0-test/net e1000e ''
	module kernel/usr/lib/modules/6.0-test/net tg3 ''
	echo 'the key' >key
	printf '# mine\nload e1000e\nmodule? absent\n\nfile key etc/ssl/key\napplet uptime' >mine
	makes 0 "" --compress none --list mine --module tg3 --tree tree --out a.img
	atf_check -o inline:'cachefiles\nerofs\ne1000e\n' cat tree/etc/blobroot/load
	atf_check test -s tree/lib/modules/6.0-test/tg3.ko
	atf_check cmp key tree/etc/ssl/key
	atf_check test -h tree/bin/uptime
}

# refuses LINE LIST-LINE [OPTION..]
refuses() {
	line=$1
	printf '%s\n' "$2" >list
	shift 2
	makes 1 "mkinitrd: $line\n" --list list --out a.img "$@"
	atf_check test ! -e a.img
}

atf_test_case what_is_wrong_is_named
what_is_wrong_is_named_body() {
	kernel
	refuses 'absent: kernel 6.0-test has no such module' 'module absent'
	refuses 'list:1: modul: not applet, module, module?, load or file' 'modul erofs'
	refuses 'list:1: module: names are missing' 'module'
	refuses "list:1: $busybox has no applet nosuch" 'applet nosuch'
	refuses 'list:1: ./nosuch: no such file' 'file nosuch etc/x'
	refuses 'list:1: file: two paths, SOURCE and DEST' 'file nosuch'
	refuses 'nosuch: no such list' '# nothing' --list nosuch
	refuses 'nosuch: no such program' '# nothing' --blobrootd nosuch
	refuses 'nosuch: no such directory' '# nothing' --updates nosuch
	refuses '--compress lzo: not xz, zstd or none' '# nothing' --compress lzo
	refuses '--foo: unknown option: see the head of this file' '# nothing' --foo
	refuses '--module: a value is missing' '# nothing' --module
	refuses 'kernel: no modules of 7.0: neither lib/modules/7.0 nor usr/lib/modules/7.0' '# nothing' --kernel 7.0
}

atf_init_test_cases() {
	atf_add_test_case the_same_input_makes_the_same_bytes
	atf_add_test_case it_is_an_archive_that_cpio_reads
	atf_add_test_case modules_come_with_what_they_need
	atf_add_test_case rebuilt_modules_replace_the_kernels
	atf_add_test_case a_users_list_adds_to_the_default
	atf_add_test_case what_is_wrong_is_named
}
