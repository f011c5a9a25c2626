#!/usr/bin/env atf-sh
# shellcheck shell=sh
# shellcheck source=tests/support/hosts.sh
# SPDX-License-Identifier: MIT
#
# No byte without proof, seen from the host: what it reads is what the root hash vouches for, or EIO.
# An image without a tree, or of another root hash: daemon/trust/verity_refusal_test.
# shellcheck disable=SC2154 # what boot.sh sets

support=$(cd "$(atf_get_srcdir)/../support" && pwd)
# shellcheck source=tests/support/over.sh
. "$support/over.sh"

a_verified_host_boots_with_every_checksum_right_body() {
	. "$support/hosts.sh"
	turn_shared host_that_reads_all
	boot_has '^demo: all checksums right'
	boot_has_not 'rd.blob.insecure'
	# Each byte of image and tree once: the tree is 1/128 of the image, and three blocks.
	atf_check test "$(awk '$2 ~ /verity$/ { n += $5 } END { print n }' log)" -le \
		"$(stat -c %s "$boot_build/images/demo.erofs.verity")"
}

a_flipped_byte_is_never_read_and_everything_else_works_body() {
	. "$support/hosts.sh"
	turn_shared host_between_liars
	atf_check -o inline:'demo: wrong: ./data/large/random\n' grep -a '^demo: wrong: ' console
	boot_has '^demo: [0-9]+ files, [0-9]+ right, 1 wrong'
	. "$turn_dir/spoilt"
	boot_has "blobroot: image .*/demo.erofs: bytes $block-$((block + 4095)): not what the root hash vouches for, as sent by .*/demo.erofs: this read fails"
	# All around it is right, or fails with it: what the page cache holds in one folio, 128 KiB at most, is read as a whole.
	sed -n 's/^AROUND \([0-9]* [0-9a-f]\{32\}\) .*/\1/p' console >right
	cut -d ' ' -f 1 right | while read -r n; do
		echo "$n $(dd if="$boot_build/images/demo.root/data/large/random" bs=4096 skip="$n" count=1 2>/dev/null | md5sum | cut -d ' ' -f 1)"
	done >expected
	atf_check diff expected right
	failed=$(grep -ac '^AROUND [0-9]* failed' console)
	boot_has "^AROUND $of_file failed"
	atf_check_equal 80 $((failed + $(wc -l <right)))
	[ "$failed" -le 32 ] || atf_fail "$failed blocks failed with one"
}

beside_an_honest_mirror_a_lying_one_does_no_harm_body() {
	. "$support/hosts.sh"
	turn_shared host_between_liars
	. "$turn_dir/spoilt"
	boot_has 'not what the root hash vouches for, as sent by .*/demo.erofs: trying again'
	# But for the byte that is wrong at both.
	boot_has '^demo: [0-9]+ files, [0-9]+ right, 1 wrong'
	grep -a 'this read fails' console | grep -v "bytes $block-" >others
	atf_check -o empty cat others
}

atf_init_test_cases() {
	over 'cachefiles fuse fuse_on_7_3' a_verified_host_boots_with_every_checksum_right
	over 'cachefiles fuse' a_flipped_byte_is_never_read_and_everything_else_works beside_an_honest_mirror_a_lying_one_does_no_harm
}
