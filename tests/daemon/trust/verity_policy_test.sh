#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# What cannot be proven is not mounted, each with its one clear line and exit status: images and root hashes.
# shellcheck disable=SC2119,SC2154 # what kernel.sh sets

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/verity.sh
. "$support/verity.sh"

atf_test_case nothing_vouches_for_the_image
nothing_vouches_for_the_image_body() {
	verity_serve 100000
	kernel_trust=
	kernel_run --start <<-EOF
		failed 100 *nothing vouches for it: add rd.blob.roothash=HEX*
	EOF
	atf_check_equal 0 "$(kernel_logged)"
}

atf_test_case a_root_hash_of_wrong_length
a_root_hash_of_wrong_length_body() {
	verity_serve 100000
	for bad in "${root%?}" "${root}0" "$root$root" "" "${root%?}g"; do
		kernel_trust=rd.blob.roothash=$bad
		kernel_run --start <<-EOF
			failed 100 rd.blob.roothash=$bad: is not a SHA-256 root hash of 64 hexadecimal digits
		EOF
	done
	atf_check_equal 0 "$(kernel_logged)"
}

atf_test_case a_root_hash_in_capitals_is_the_same
a_root_hash_in_capitals_is_the_same_body() {
	verity_serve 100000
	kernel_trust=rd.blob.roothash=$(echo "$root" | tr a-f A-F)
	kernel_run <<-EOF
		ready
		open image
		scan 1 64K
	EOF
}

atf_test_case a_tree_over_a_part_of_the_image
a_tree_over_a_part_of_the_image_body() {
	verity_serve 1000000 --data-blocks=100
	verity_refuses 100 "$url/x.erofs: is truncated: 409600 bytes of the * that its superblock says"
}

atf_test_case another_root_hash
another_root_hash_body() {
	verity_serve 1000000
	kernel_trust=rd.blob.roothash=$(printf %064d 0)
	verity_refuses 100 "$url/x.erofs.verity: the hash tree is not the one of this root hash: *"
}

atf_test_case an_image_that_goes_on_in_other_blobs
an_image_that_goes_on_in_other_blobs_body() {
	mkdir -p www tree
	kernel_noise tree/noise 1000000
	: >www/x.blob
	atf_check -o ignore -e ignore mkfs.erofs -T0 --chunksize=4096 --blobdev=www/x.blob www/x.erofs tree
	cp www/x.erofs want.erofs
	httpd_serve
	verity_format www/x.erofs www/x.erofs.verity
	verity_trust
	verity_refuses 100 "$url/x.erofs: it goes on in blobs of their own, and a root hash vouches for one: *"
}

# What accepts an unproven image must not switch off a proof that was asked for.
# It is there, and a kernel that was led to it by anything asks for it.
atf_test_case nothing_beside_the_image_is_opened_under_a_root_hash
nothing_beside_the_image_is_opened_under_a_root_hash_body() {
	verity_serve 1000000
	cp www/x.erofs www/beside
	kernel_run --start <<-EOF
		ready
		open image
		wait
		open beside
		wait all eio
		log blobroot: device beside: cannot be opened: the root hash does not vouch for it
		scan 1 128K
	EOF
	atf_check -s exit:1 grep beside log
}

atf_test_case insecure_beside_a_root_hash_verifies_all_the_same
insecure_beside_a_root_hash_verifies_all_the_same_body() {
	verity_serve 1000000
	verity_change www/x.erofs 100
	echo 100-100 >spoilt
	for words in "rd.blob.insecure $kernel_trust" "$kernel_trust rd.blob.insecure"; do
		kernel_trust=$words
		kernel_run <<-EOF
			ready
			open image
			wait
			judge 1 4K spoilt
			check wrong > 0
		EOF
		kernel_run --start <<-EOF
			ready
			open image
			wait
			judge 1 4K spoilt
		EOF
	done
	verity_change www/x.erofs 0
	verity_refuses 100 "$url/x.erofs: its first blocks are not what the root hash vouches for: *"
}

atf_test_case what_follows_the_image_in_its_file_is_none_of_it
what_follows_the_image_in_its_file_is_none_of_it_body() {
	verity_serve 1000000
	kernel_noise junk 100001 3
	cat junk >>www/x.erofs
	kernel_run <<-EOF
		ready
		open image
		scan 1 128K
	EOF
}

atf_init_test_cases() {
	atf_add_test_case nothing_vouches_for_the_image
	atf_add_test_case a_root_hash_of_wrong_length
	atf_add_test_case a_root_hash_in_capitals_is_the_same
	atf_add_test_case a_tree_over_a_part_of_the_image
	atf_add_test_case another_root_hash
	atf_add_test_case an_image_that_goes_on_in_other_blobs
	atf_add_test_case nothing_beside_the_image_is_opened_under_a_root_hash
	atf_add_test_case insecure_beside_a_root_hash_verifies_all_the_same
	atf_add_test_case what_follows_the_image_in_its_file_is_none_of_it
}
