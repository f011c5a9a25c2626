#!/usr/bin/env atf-sh
# shellcheck shell=sh
# shellcheck source=tests/support/hosts.sh
# SPDX-License-Identifier: MIT
#
# No byte without proof, seen from the host: what it reads is what the root hash vouches for, or EIO.
# An image without a tree, or of another root hash: daemon/trust/verity_refusal_test.
# shellcheck disable=SC2154 # what boot.sh sets

support=$(cd "$(atf_get_srcdir)/../support" && pwd)

# A byte in the middle of a file of the demo image, on the disk: flipped_byte PATH.
flipped_byte() {
	PATH=$PATH:/usr/sbin:/sbin dump.erofs --path="$1" -e "$boot_build/images/demo.erofs" 2>/dev/null |
		sed -n 's/^ *[0-9]*: .*: *\([0-9]*\)\.\. *\([0-9]*\) .*/\1 \2/p' | awk 'NR == 1 { print int(($1 + $2) / 2) }'
}

atf_test_case a_verified_host_boots_with_every_checksum_right
a_verified_host_boots_with_every_checksum_right_body() {
	. "$support/hosts.sh"
	turn_shared host_that_reads_all
	boot_has '^demo: all checksums right'
	boot_has_not 'rd.blob.insecure'
	# Each byte of image and tree once: the tree is 1/128 of the image, and three blocks.
	atf_check test "$(awk '$2 ~ /verity$/ { n += $5 } END { print n }' log)" -le \
		"$(stat -c %s "$boot_build/images/demo.erofs.verity")"
}

atf_test_case a_flipped_byte_is_never_read_and_everything_else_works
a_flipped_byte_is_never_read_and_everything_else_works_body() {
	. "$support/boot.sh"
	boot_serve
	byte=$(flipped_byte /data/large/random)
	httpd_fault "path=/demo.erofs flip=$byte" "path=/demo.erofs.verity"
	boot busybox-6.12 demo.erofs 0 '^demo: done' ip=dhcp "$boot_proof"
	atf_check -o inline:'demo: wrong: ./data/large/random\n' grep -a '^demo: wrong: ' console
	boot_has '^demo: [0-9]+ files, [0-9]+ right, 1 wrong'
	block=$((byte / 4096 * 4096))
	boot_has "blobroot: image $guest_url/demo.erofs: bytes $block-$((block + 4095)): not what the root hash vouches for, as sent by $guest_url/demo.erofs: this read fails"
}

atf_test_case beside_an_honest_mirror_a_lying_one_does_no_harm
beside_an_honest_mirror_a_lying_one_does_no_harm_body() {
	. "$support/boot.sh"
	boot_serve
	mkdir www/honest
	ln -s ../demo.erofs ../demo.erofs.verity www/honest
	# Every block of the first mirror's that a large read meets, and hashes too.
	rules=
	for byte in 70000 1000000 2000000 5000000 9000000 "$(flipped_byte /data/large/random)"; do
		rules="$rules flip=$byte"
	done
	# The liar answers sooner: else it would not be asked.
	httpd_fault "path=/demo.erofs $rules" 'path=/honest/demo.erofs delay=200'
	boot busybox-6.12 demo.erofs 0 '^demo: done' ip=dhcp "$boot_proof" "rd.blob.mirror=$guest_url/honest/demo.erofs"
	boot_has '^demo: all checksums right'
	boot_has 'not what the root hash vouches for, as sent by .*/demo.erofs: trying again'
	boot_has_not 'this read fails'
}

atf_init_test_cases() {
	atf_add_test_case a_verified_host_boots_with_every_checksum_right
	atf_add_test_case a_flipped_byte_is_never_read_and_everything_else_works
	atf_add_test_case beside_an_honest_mirror_a_lying_one_does_no_harm
}
