#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# Hash trees that are none, of a kind that is not supported, or of another image: each has its one clear line and exit
# status.
# shellcheck disable=SC2119,SC2154 # what kernel.sh sets

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/verity.sh
. "$support/verity.sh"

# refuses_tree WHY OPTION..: of a tree that was made with these options.
refuses_tree() {
	why=$1
	shift
	verity_serve 1000000 "$@"
	verity_refuses 100 "$url/x.erofs.verity: $why"
}

atf_test_case a_tree_of_another_algorithm
a_tree_of_another_algorithm_body() {
	# The root hash is twice as long as any that we take.
	verity_serve 1000000 --hash=sha512
	kernel_trust=rd.blob.roothash=$(echo "$root" | cut -c 1-64)
	verity_refuses 100 "$url/x.erofs.verity: the hash tree's algorithm is sha512, and sha256 is supported"
}

atf_test_case a_tree_of_another_algorithm_of_the_same_length
a_tree_of_another_algorithm_of_the_same_length_body() {
	refuses_tree "the hash tree's algorithm is blake2s-256, and sha256 is supported" --hash=blake2s-256
}

atf_test_case a_tree_of_format_0
a_tree_of_format_0_body() {
	refuses_tree 'the hash tree has format 0, and 1 is supported' --format=0
}

atf_test_case a_tree_of_small_blocks
a_tree_of_small_blocks_body() {
	refuses_tree \
		'the hash tree has blocks of 1024 bytes over data blocks of 1024, and 4096 is supported for both' \
		--data-block-size=1024 --hash-block-size=1024
}

atf_test_case a_tree_of_small_hash_blocks
a_tree_of_small_hash_blocks_body() {
	refuses_tree \
		'the hash tree has blocks of 512 bytes over data blocks of 4096, and 4096 is supported for both' \
		--hash-block-size=512
}

atf_test_case no_tree_at_all
no_tree_at_all_body() {
	verity_serve 1000000
	kernel_noise www/x.erofs.verity 50000
	verity_refuses 100 "$url/x.erofs.verity: is no hash tree: no verity superblock is there *"
	truncate -s 511 www/x.erofs.verity
	verity_refuses 100 "$url/x.erofs.verity: is no hash tree: a verity superblock has 512 bytes, and there are 511"
	: >www/x.erofs.verity
	verity_refuses 100 "$url/x.erofs.verity: it is empty"
	httpd_fault 'path=/x.erofs.verity status=416 content-range=bytes%20*/0'
	verity_refuses 100 "$url/x.erofs.verity: it is empty"
	httpd_fault
	rm www/x.erofs.verity
	verity_refuses 100 "$url/x.erofs.verity: the server answers 404 (Not Found)*"
}

atf_test_case a_tree_without_its_superblock
a_tree_without_its_superblock_body() {
	refuses_tree 'is no hash tree: no verity superblock is there *' --no-superblock
}

atf_test_case a_wrong_offset_of_the_tree
a_wrong_offset_of_the_tree_body() {
	kernel_serve 1000000
	size=$(stat -c %s www/x.erofs)
	verity_format www/x.erofs www/x.erofs --data-blocks=$((size / 4096)) --hash-offset="$size"
	verity_trust
	verity_refuses 100 "$url/x.erofs: is no hash tree: no verity superblock is there *" \
		"rd.blob.verity=$url/x.erofs#$((size - 4096))"
	verity_refuses 100 "$url/x.erofs: is no hash tree: no verity superblock is there *" \
		"rd.blob.verity=$url/x.erofs#$((size + 4096))"
	verity_refuses 100 "$url/x.erofs: it has * bytes, and those from * on are wanted" "rd.blob.verity=$url/x.erofs#$((size * 2))"
	kernel_trust="$kernel_trust rd.blob.verity=$url/x.erofs#1M"
	kernel_run --start <<-EOF
		failed 100 rd.blob.verity=$url/x.erofs#1M: OFFSET is not a number of bytes
	EOF
}

atf_test_case a_tree_whose_first_leaf_is_wrong
a_tree_whose_first_leaf_is_wrong_body() {
	verity_serve 1000000
	verity_change www/x.erofs.verity 2
	verity_refuses 100 "hash tree: hashes at bytes 8192-12287 of $url/x.erofs.verity: not under the root hash, as sent by $url/x.erofs.verity"
}

atf_test_case an_image_cut_short
an_image_cut_short_body() {
	verity_serve 1000000
	size=$(stat -c %s www/x.erofs)
	for less in 1 4096 500000; do
		truncate -s $((size - less)) www/x.erofs
		verity_refuses 100 "$url/x.erofs: has $((size - less)) bytes, and the hash tree vouches for $size: *"
	done
}

atf_test_case a_tree_of_another_image
a_tree_of_another_image_body() {
	verity_serve 1000000
	trusted=$root
	kernel_blob www/other.erofs 1000000 2
	verity_format www/other.erofs www/x.erofs.verity
	verity_refuses 100 "$url/x.erofs.verity: the hash tree is not the one of this root hash: *"
	# With its own root hash it is the image that is another one.
	verity_trust
	verity_refuses 100 "$url/x.erofs: its first blocks are not what the root hash vouches for: *"
	[ "$trusted" != "$root" ] || atf_fail "the images are the same"
}

atf_init_test_cases() {
	atf_add_test_case a_tree_of_another_algorithm
	atf_add_test_case a_tree_of_another_algorithm_of_the_same_length
	atf_add_test_case a_tree_of_format_0
	atf_add_test_case a_tree_of_small_blocks
	atf_add_test_case a_tree_of_small_hash_blocks
	atf_add_test_case no_tree_at_all
	atf_add_test_case a_tree_without_its_superblock
	atf_add_test_case a_wrong_offset_of_the_tree
	atf_add_test_case a_tree_whose_first_leaf_is_wrong
	atf_add_test_case an_image_cut_short
	atf_add_test_case a_tree_of_another_image
}
