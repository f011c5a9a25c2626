#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# The daemon takes what stock veritysetup makes.
# shellcheck disable=SC2119,SC2154 # what kernel.sh sets

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/verity.sh
. "$support/verity.sh"

# Every byte of an image of so many blocks under a tree made with these options; hashes are few.
reads_all_of() {
	verity_blocks "$1"
	blocks=$1
	shift
	httpd_serve
	verity_format www/x.erofs www/x.erofs.verity "$@"
	verity_trust
	kernel_run <<-EOF
		ready
		open image
		scan 1 128K
		check wrong == 0
		sh cp log log.first
		kill
		start
		open image elsewhere
		read 2 0 8K
		wait
	EOF
	hashes=$(verity_hash_bytes log.first)
	echo "$blocks blocks: $hashes bytes of hashes, $((hashes * 10000 / (blocks * 4096))) of 10000"
	tree=$(($(stat -c %s www/x.erofs.verity)))
	[ "$hashes" -le "$tree" ] || atf_fail "$hashes bytes of hashes for a tree of $tree"
}

atf_test_case an_image_of_one_block
an_image_of_one_block_body() {
	mkdir -p www tree
	atf_check -o ignore -e ignore mkfs.erofs -T0 www/x.erofs tree
	atf_check_equal 4096 "$(stat -c %s www/x.erofs)"
	cp www/x.erofs want.erofs
	httpd_serve
	verity_format www/x.erofs www/x.erofs.verity
	verity_trust
	kernel_run <<-EOF
		ready
		open image
		scan 1 4K
		check wrong == 0
	EOF
	verity_change www/x.erofs 0
	verity_refuses 100 "$url/x.erofs: its first blocks are not what the root hash vouches for: *"
}

atf_test_case an_image_of_a_few_blocks
an_image_of_a_few_blocks_body() {
	reads_all_of 2
}

atf_test_case an_image_of_128_blocks
an_image_of_128_blocks_body() {
	reads_all_of 128
}

atf_test_case an_image_of_129_blocks
an_image_of_129_blocks_body() {
	reads_all_of 129
}

atf_test_case an_image_of_16385_blocks
an_image_of_16385_blocks_body() {
	reads_all_of 16385
}

atf_test_case a_tree_without_salt
a_tree_without_salt_body() {
	reads_all_of 300 --salt=-
}

atf_test_case a_tree_with_a_salt_of_256_bytes
a_tree_with_a_salt_of_256_bytes_body() {
	reads_all_of 300 --salt="$(printf '%0512d' 7)"
}

atf_init_test_cases() {
	atf_add_test_case an_image_of_one_block
	atf_add_test_case an_image_of_a_few_blocks
	atf_add_test_case an_image_of_128_blocks
	atf_add_test_case an_image_of_129_blocks
	atf_add_test_case an_image_of_16385_blocks
	atf_add_test_case a_tree_without_salt
	atf_add_test_case a_tree_with_a_salt_of_256_bytes
}
