#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# initrd/mkinitrd: what goes into the initramfs, and that the same input makes the same bytes.
# shellcheck disable=SC1091,SC2034,SC2119

top=$(atf_get_srcdir)
until [ -e "$top/initrd/mkinitrd" ]; do top=$top/..; done
. "$top/tests/initrd/modules.sh"

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
	refuses 'list:1: modul: not applet, module, module?, load, load? or file' 'modul erofs'
	refuses 'list:1: module: names are missing' 'module'
	refuses "list:1: $busybox has no applet nosuch" 'applet nosuch'
	refuses 'list:1: ./nosuch: no such file' 'file nosuch etc/x'
	refuses 'list:1: file: two paths, SOURCE and DEST' 'file nosuch'
	refuses 'nosuch: no such list' '# nothing' --list nosuch
	refuses 'nosuch: no such program' '# nothing' --blobrootd nosuch
	refuses 'nosuch: no such directory' '# nothing' --updates nosuch
	refuses '--out /dev/null: is there, and no file' '# nothing' --out /dev/null
	refuses '--compress lzo: not xz, zstd or none' '# nothing' --compress lzo
	refuses '--foo: unknown option: see the head of this file' '# nothing' --foo
	refuses '--module: a value is missing' '# nothing' --module
	refuses 'kernel: no modules of 7.0: neither lib/modules/7.0 nor usr/lib/modules/7.0' '# nothing' --kernel 7.0
}

atf_test_case it_works_for_users_whose_PATH_has_no_sbin
it_works_for_users_whose_PATH_has_no_sbin_body() {
	kernel
	PATH=/usr/local/bin:/usr/bin:/bin
	makes 0 "" --tree tree --out a.img
	# What modinfo and depmod are for.
	atf_check test -s tree/lib/modules/6.0-test/low_part.ko -a -s tree/lib/modules/6.0-test/modules.dep
}

atf_init_test_cases() {
	atf_add_test_case the_same_input_makes_the_same_bytes
	atf_add_test_case it_is_an_archive_that_cpio_reads
	atf_add_test_case a_users_list_adds_to_the_default
	atf_add_test_case what_is_wrong_is_named
	atf_add_test_case it_works_for_users_whose_PATH_has_no_sbin
}
