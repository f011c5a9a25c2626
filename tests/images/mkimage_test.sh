#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# images/mkimage: the same tree makes the same bytes; what cannot be made is refused.

top=$(atf_get_srcdir)
until [ -e "$top/images/mkimage" ]; do top=$top/..; done
mkimage=$top/images/mkimage

# tree DIR LIST-OF-NUMBERS: the same files, made in the order of the list.
tree() {
	mkdir "$1" "$1/d" "$1/bin"
	for i in $2; do
		seq "$i" $((i * 300)) >"$1/d/file-$i"
		ln -s "d/file-$i" "$1/link-$i"
	done
	cp /bin/true "$1/bin/init"
	ln "$1/d/file-7" "$1/hard"
	: >"$1/empty"
}

# same NAME OPTION..: images of a and b are the same, and have the size of whole blocks.
same() {
	name=$1
	shift
	atf_check -o ignore "$mkimage" "$@" a "$name.a"
	atf_check -o ignore "$mkimage" "$@" b "$name.b"
	atf_check cmp "$name.a" "$name.b"
	atf_check test $(($(stat -c %s "$name.a") % 4096)) -eq 0
}

atf_test_case the_same_tree_makes_the_same_bytes
the_same_tree_makes_the_same_bytes_body() {
	tree a "$(seq 1 60)"
	tree b "$(seq 60 -1 1)"
	find b -exec touch -h -d '2001-02-03 04:05:06' {} +
	same default
	same plain --compress none
	same lz4 --compress lz4 --cluster 16384
	same level --compress lz4hc,12 --all-root
	same time --time 1700000000
	# The options are not for nothing.
	for other in plain lz4 level time; do
		atf_check -s exit:1 -o ignore -e ignore cmp default.a $other.a
	done
	echo changed >>b/d/file-3
	atf_check -o ignore "$mkimage" b changed
	atf_check -s exit:1 -o ignore -e ignore cmp default.a changed
}

atf_test_case the_epoch_of_the_environment_counts
the_epoch_of_the_environment_counts_body() {
	tree a '1 7'
	atf_check -o ignore env SOURCE_DATE_EPOCH=1700000000 "$mkimage" a x
	atf_check -o ignore "$mkimage" --time 1700000000 a y
	atf_check cmp x y
}

atf_test_case it_is_an_image_with_4096_byte_blocks
it_is_an_image_with_4096_byte_blocks_body() {
	tree a '1 7'
	atf_check -o ignore "$mkimage" a x
	# The superblock: the magic at 1024, the logarithm of the block size at 1036, the UUID at 1072.
	atf_check -o inline:' e2 e1 f5 e0\n' od -An -tx1 -j1024 -N4 x
	atf_check -o inline:' 0c\n' od -An -tx1 -j1036 -N1 x
	atf_check -o inline:'blobroot' dd if=x bs=1 skip=1072 count=8 status=none
	atf_check -o ignore -e ignore fsck.erofs x
}

atf_test_case a_tar_makes_the_image_of_its_tree
a_tar_makes_the_image_of_its_tree_body() {
	tree a '1 7'
	mkdir a/dev
	cp -a a with-nodes
	: >with-nodes/dev/null
	tar cf a.tar --owner=1 --group=2 --numeric-owner -C with-nodes .
	for options in '--compress none --time 77 --all-root' '--cluster 16384 --all-root'; do
		# shellcheck disable=SC2086
		atf_check -o ignore "$mkimage" $options a x
		# shellcheck disable=SC2086
		atf_check -o match:'^root=blob:http://SERVER/y rd.blob.roothash=' "$mkimage" $options a.tar y
		atf_check cmp x y
		atf_check cmp x.roothash y.roothash
	done
	atf_check -o ignore "$mkimage" a.tar y
	atf_check -s exit:1 -o ignore -e ignore cmp x y
	# As `docker export` writes one, and other directories of that name.
	mkdir -p with-nodes/usr/dev
	: >with-nodes/usr/dev/file
	(cd with-nodes && tar cf ../a.tar ./*  --transform 's,^\./,,')
	# shellcheck disable=SC2016 # another shell's
	atf_check -o inline:'dev:\n\nusr/dev:\nfile\n' "$top/images/unpacked" a.tar sh -c 'cd "$1" && ls dev usr/dev' sh {}
	atf_check -o inline:'./a ./a.tar ./with-nodes ./x ./x.roothash ./x.verity ./y ./y.roothash ./y.verity\n' echo ./*
}

# refuses REASON ARG..
refuses() {
	reason=$1
	shift
	atf_check -s exit:1 -e inline:"mkimage: $reason\n" "$mkimage" "$@"
}

atf_test_case what_cannot_be_made_is_refused
what_cannot_be_made_is_refused_body() {
	tree a '1 7'
	mkdir empty
	refuses 'usage: mkimage [OPTION..] ROOTDIR|ROOT.tar OUT: see the head of this file' a
	refuses 'nosuch: no such directory' nosuch x
	refuses 'a/empty: no such directory' a/empty x
	refuses 'empty: an empty directory is no root' empty x
	refuses 'nosuch: no such directory' a nosuch/x
	refuses '/dev/null: is there, and no file' a /dev/null
	refuses 'empty: is there, and no file' a empty
	refuses 'a/x: it would be part of itself: it lies inside a' a a/x
	refuses 'a/d/x: it would be part of itself: it lies inside a' a a/d/x
	refuses '--compress gzip: not none, lz4, lz4hc or lz4hc,LEVEL' --compress gzip a x
	refuses '--cluster 5000: not a multiple of 4096 up to 1048576' --cluster 5000 a x
	refuses '--cluster 2M: not a number of bytes' --cluster 2M a x
	refuses '--time now: not a number of seconds' --time now a x
	refuses '--foo: unknown option: see the head of this file' --foo a x
	refuses '--time: a value is missing' --time
	refuses '--sign: a key and a certificate are missing' --sign key
	atf_check -o inline:'./a ./empty\n' echo ./*
}

atf_test_case a_failure_leaves_the_old_image
a_failure_leaves_the_old_image_body() {
	tree a '1 7'
	echo old >x
	mkdir bin
	printf '#!/bin/sh\necho "no room" >&2\nexit 1\n' >bin/mkfs.erofs
	chmod +x bin/mkfs.erofs
	atf_check -s exit:1 -e inline:'mkimage: a: mkfs.erofs failed: no room\n' env PATH="$PWD/bin:$PATH" "$mkimage" a x
	atf_check -o inline:'old\n' cat x
	atf_check -o inline:'./a ./bin ./x\n' echo ./*
}

atf_init_test_cases() {
	atf_add_test_case the_same_tree_makes_the_same_bytes
	atf_add_test_case the_epoch_of_the_environment_counts
	atf_add_test_case it_is_an_image_with_4096_byte_blocks
	atf_add_test_case a_tar_makes_the_image_of_its_tree
	atf_add_test_case what_cannot_be_made_is_refused
	atf_add_test_case a_failure_leaves_the_old_image
}
