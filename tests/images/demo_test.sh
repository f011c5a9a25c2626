#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# images/demo and images/roots/demo/init: the root is the same each time, and finds out what is wrong with it.

top=$(atf_get_srcdir)
until [ -e "$top/images/demo" ]; do top=$top/..; done
busybox=$top/build/busybox

demo() {
	[ -x "$busybox" ] || atf_fail "$busybox is missing: make build/busybox"
	atf_check -o ignore "$top/images/demo" --busybox "$busybox" --out "$@"
}

# init WORD..: run the root's init in it, without privileges: what it prints is in ./out. It finds /proc and the
# like; poweroff and the shell are only named.
init() {
	root=$PWD/a/demo.root
	mkdir -p run
	{
		cat <<-'EOS'
			poweroff() { echo "poweroff $*"; }
			setsid() { echo "setsid $*"; }
		EOS
		sed -e "s|cat /proc/cmdline|echo $*|" -e "s|cd /|cd $root|" -e "s|/run/|$PWD/run/|g" \
			-e "s|/tests/|$root/tests/|" -e '/mount -t/d' "$root/bin/init"
	} >script
	"$busybox" sh script >out 2>&1
}

atf_test_case the_same_root_each_time
the_same_root_each_time_body() {
	demo a
	demo b
	atf_check cmp a/demo.erofs b/demo.erofs
	atf_check cmp a/demo.erofs.verity b/demo.erofs.verity
	atf_check cmp a/demo.erofs.roothash b/demo.erofs.roothash
	# Thousands of files, and not more bytes than boot in seconds.
	atf_check test "$(wc -l <a/demo.root/demo.md5)" -ge 3000
	size=$(stat -c %s a/demo.erofs)
	atf_check test "$size" -gt 10000000 -a "$size" -lt 40000000
}

atf_test_case every_file_is_on_the_list
every_file_is_on_the_list_body() {
	demo a
	(cd a/demo.root && find . -type f ! -name demo.md5 | LC_ALL=C sort) >files
	sed 's/^[0-9a-f]*  //' a/demo.root/demo.md5 >listed
	atf_check diff files listed
}

atf_test_case the_root_knows_itself
the_root_knows_itself_body() {
	demo a
	files=$(wc -l <a/demo.root/demo.md5)
	init quiet
	atf_check -o inline:"demo: $files files, $files right, 0 wrong\ndemo: all checksums right\ndemo: done\npoweroff -f\n" cat out
	init quiet demo.every=100
	atf_check -o inline:"demo: $(((files + 99) / 100)) files, $(((files + 99) / 100)) right, 0 wrong\ndemo: all checksums right\ndemo: done\npoweroff -f\n" cat out
	# A changed byte, a shorter file and a missing one.
	printf x | dd of=a/demo.root/data/large/random bs=1 seek=5000000 conv=notrunc status=none
	: >a/demo.root/data/text/7/777
	rm a/demo.root/data/binary/123
	init quiet
	printf '%s\n' "demo: $files files, $((files - 3)) right, 3 wrong" 'demo: wrong: ./data/binary/123' \
		'demo: wrong: ./data/large/random' 'demo: wrong: ./data/text/7/777' 'demo: done' 'poweroff -f' >expected
	atf_check diff expected out
}

atf_test_case words_of_the_command_line_run_scripts
words_of_the_command_line_run_scripts_body() {
	mkdir scripts
	echo 'echo from one; exit 3' >scripts/one
	echo 'echo from two' >scripts/two
	demo a --tests scripts
	init demo.nocheck demo.run=two demo.run=one demo.stay
	atf_check -o inline:'from two\ndemo: run two: status 0\nfrom one\ndemo: run one: status 3\nsetsid cttyhack sh\ndemo: done\npoweroff -f\n' cat out
}

atf_test_case options_go_through_to_mkimage
options_go_through_to_mkimage_body() {
	demo a --name plain --compress none
	atf_check test "$(stat -c %s a/plain.erofs)" -gt 25000000
	atf_check -s exit:1 -e inline:'demo: --busybox nosuch: no such program\n' "$top/images/demo" --busybox nosuch --out a
}

atf_init_test_cases() {
	atf_add_test_case the_same_root_each_time
	atf_add_test_case every_file_is_on_the_list
	atf_add_test_case the_root_knows_itself
	atf_add_test_case words_of_the_command_line_run_scripts
	atf_add_test_case options_go_through_to_mkimage
}
