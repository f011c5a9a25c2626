#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# images/mkimage: the hash tree and the root hash beside an image, and that only whole sets are published.

top=$(atf_get_srcdir)
until [ -e "$top/images/mkimage" ]; do top=$top/..; done
mkimage=$top/images/mkimage
PATH=$PATH:/usr/sbin:/sbin

# More blocks than one block of hashes takes, so that the tree has two levels.
tree() {
	mkdir -p root/bin
	cp /bin/true root/bin/init
	# There is no x in it: a test writes an x over one byte.
	seq 200000 | head -c 600000 >root/numbers
}

make_image() {
	atf_check -o ignore "$mkimage" --compress none root x.erofs
}

atf_test_case veritysetup_accepts_the_tree_and_the_root_hash
veritysetup_accepts_the_tree_and_the_root_hash_body() {
	tree
	make_image
	atf_check -o ignore veritysetup verify x.erofs x.erofs.verity "$(cat x.erofs.roothash)"
	printf x | dd of=x.erofs bs=1 seek=500000 conv=notrunc status=none
	atf_check -s not-exit:0 -o ignore -e ignore veritysetup verify x.erofs x.erofs.verity "$(cat x.erofs.roothash)"
}

atf_test_case an_image_that_is_there_gets_the_same_tree_and_root_hash
an_image_that_is_there_gets_the_same_tree_and_root_hash_body() {
	tree
	make_image
	atf_check "$top/images/verity" x.erofs tree.new hash.new
	atf_check cmp x.erofs.verity tree.new
	atf_check cmp x.erofs.roothash hash.new
	atf_check -s exit:1 -e inline:'verity: nowhere: cannot be read\n' "$top/images/verity" nowhere a b
}

atf_test_case the_tree_is_of_the_kind_that_the_daemon_reads
the_tree_is_of_the_kind_that_the_daemon_reads_body() {
	tree
	make_image
	sum=$(sha256sum <x.erofs)
	blocks=$(($(stat -c %s x.erofs) / 4096))
	atf_check -o save:dump veritysetup dump x.erofs.verity
	sed -n 's/^\([^:]*\):[[:space:]]*\(.*[^[:space:]]\)[[:space:]]*$/\1=\2/p' dump | grep -v '^Hash blocks\|^Hash device' >facts
	printf '%s\n' 'UUID=626c6f62-726f-6f74-0000-000000000000' 'Hash type=1' "Data blocks=$blocks" \
		'Data block size=4096' 'Hash block size=4096' 'Hash algorithm=sha256' "Salt=${sum%% *}" >expected
	atf_check -o file:expected grep -Fxf expected facts
	# A superblock, a root block, and two blocks of hashes.
	atf_check -o inline:'16384\n' stat -c %s x.erofs.verity
}

atf_test_case the_root_hash_is_64_digits_without_a_line_end
the_root_hash_is_64_digits_without_a_line_end_body() {
	tree
	make_image
	atf_check -o inline:'64\n' stat -c %s x.erofs.roothash
	atf_check -o match:'^[0-9a-f]{64}$' grep -E '^[0-9a-f]{64}$' x.erofs.roothash
}

atf_test_case it_prints_what_boots_the_image
it_prints_what_boots_the_image_body() {
	tree
	mkdir out
	atf_check -o save:words "$mkimage" root out/x.erofs
	atf_check -o inline:"root=blob:http://SERVER/x.erofs rd.blob.roothash=$(cat out/x.erofs.roothash)\n" cat words
}

atf_test_case everybody_may_read_what_a_web_server_has_to
everybody_may_read_what_a_web_server_has_to_body() {
	tree
	umask 022
	make_image
	for file in x.erofs x.erofs.verity x.erofs.roothash; do
		atf_check -o inline:'644\n' stat -c %a $file
	done
}

# broken NAME SCRIPT: a program that fails stands first in the path.
broken() {
	mkdir -p bin
	printf '#!/bin/sh\n%s\n' "$2" >"bin/$1"
	chmod +x "bin/$1"
}

atf_test_case a_failure_leaves_the_old_set
a_failure_leaves_the_old_set_body() {
	tree
	make_image
	mkdir old
	cp x.erofs* old/
	echo more >root/more
	broken veritysetup 'echo "no room" >&2; exit 1'
	atf_check -s exit:1 -e inline:'mkimage: x.erofs: veritysetup failed: no room\n' \
		env PATH="$PWD/bin:$PATH" "$mkimage" root x.erofs
	broken veritysetup 'echo "Root hash: 1234"'
	atf_check -s exit:1 -e inline:'mkimage: x.erofs: veritysetup printed no root hash\n' \
		env PATH="$PWD/bin:$PATH" "$mkimage" root x.erofs
	for file in x.erofs*; do atf_check cmp "$file" "old/$file"; done
	atf_check -o inline:'x.erofs x.erofs.roothash x.erofs.verity\n' echo x*
}

# Every mv in turn is the last that works: what there is then with a root hash is whole.
atf_test_case no_half_set_has_a_root_hash
no_half_set_has_a_root_hash_body() {
	tree
	make_image
	echo more >root/more
	for works in 0 1 2; do
		# shellcheck disable=SC2016 # for the script
		broken mv 'n=$(cat count 2>/dev/null || echo 0); [ "$n" -lt '$works' ] || exit 1; echo $((n + 1)) >count; exec /bin/mv "$@"'
		rm -f count
		atf_check -s exit:1 -o ignore env PATH="$PWD/bin:$PATH" "$mkimage" root x.erofs
		atf_check test ! -e x.erofs.roothash
	done
	make_image
	atf_check -o ignore veritysetup verify x.erofs x.erofs.verity "$(cat x.erofs.roothash)"
}

atf_init_test_cases() {
	atf_add_test_case veritysetup_accepts_the_tree_and_the_root_hash
	atf_add_test_case an_image_that_is_there_gets_the_same_tree_and_root_hash
	atf_add_test_case the_tree_is_of_the_kind_that_the_daemon_reads
	atf_add_test_case the_root_hash_is_64_digits_without_a_line_end
	atf_add_test_case it_prints_what_boots_the_image
	atf_add_test_case everybody_may_read_what_a_web_server_has_to
	atf_add_test_case a_failure_leaves_the_old_set
	atf_add_test_case no_half_set_has_a_root_hash
}
