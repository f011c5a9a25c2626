#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# The images of all layouts are what their names say, and the program that compares them notices what is wrong.

top=$(atf_get_srcdir)
until [ -e "$top/images/mkimage" ]; do top=$top/..; done
tree=$top/build/tests/support/tree
list=$top/build/layouts/www/list

atf_test_case each_layout_has_what_its_name_says
each_layout_has_what_its_name_says_body() {
	[ -f "$list" ] || atf_fail "$list is missing: make build/layouts/ready"
	while read -r layout feature; do
		atf_check -o match:"^$layout [^ ]*$feature" grep "^$layout " "$list"
	done <<-'EOF'
		12-chunks-64k chunked_file
		13-chunk-indexes chunked_file
		13-chunks-and-lz4 chunked_file
		12-lz4 0padding
		13-zstd-1m big_pcluster
		12-tails ztailpacking
		13-fragments fragments
		13-lzma-all fragments
		13-prefixes xattr_prefixes
		beside-bookworm device_table
		beside-trixie device_table
	EOF
	# The layout that the kernel read wrong: less data than the tool that makes no holes writes.
	atf_check test "$(stat -c %s "$top/build/layouts/www/13-chunks-64k")" -lt "$(stat -c %s "$top/build/layouts/www/12-chunks-64k")"
}

# finds PATTERN: the tree in ./copy is not the one of ./truth any more.
finds() {
	atf_check -s exit:1 -o match:"tree: wrong: $1" "$tree" check copy "$PWD/truth"
	rm -rf copy
	cp -a here copy
}

atf_test_case what_is_wrong_with_a_tree_is_found
what_is_wrong_with_a_tree_is_found_body() {
	mkdir -p here/sub
	head -c 20001 /dev/urandom >here/file
	: >here/sub/empty
	ln -s file here/link
	cp -a here copy
	atf_check -o save:truth "$tree" list here
	atf_check -o inline:'tree: 5 files, 0 wrong\n' "$tree" check copy "$PWD/truth"
	# A byte, at the same time as before, is seen in each way of reading.
	byte=$(od -An -tu1 -j 20000 -N 1 copy/file)
	# shellcheck disable=SC2059 # an octal escape
	printf "\\$(printf %03o $(((byte + 1) % 256)))" | dd of=copy/file bs=1 seek=20000 conv=notrunc status=none
	touch -r here/file copy/file
	atf_check -s exit:1 -o match:'5 files, 4 wrong' -o match:'mapped: bytes from 16384' "$tree" check copy "$PWD/truth"
	finds './file: read here and there: bytes from 16384 of 20001'
	chmod 600 copy/file
	finds './file: ./file 100600'
	touch -d @7 copy/sub/empty
	finds './sub/empty: ./sub/empty .* 7[.]'
	ln -sf elsewhere copy/link
	finds './link'
	rm copy/sub/empty
	finds './sub/empty: No such file'
	mkdir copy/more
	touch -r here copy
	finds '[.]: other files are there, too'
}

atf_init_test_cases() {
	atf_add_test_case each_layout_has_what_its_name_says
	atf_add_test_case what_is_wrong_with_a_tree_is_found
}
