#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# A hash tree behind the data of its file, and an image of several GB: few hashes are fetched, and little memory is used.
# shellcheck disable=SC2119,SC2154 # what kernel.sh sets

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/verity.sh
. "$support/verity.sh"

atf_test_case a_tree_behind_the_data
a_tree_behind_the_data_body() {
	verity_blocks 3000
	httpd_serve
	size=$(stat -c %s www/x.erofs)
	verity_format www/x.erofs www/x.erofs --data-blocks=3000 --hash-offset="$size"
	verity_trust
	kernel_trust="$kernel_trust rd.blob.verity=$url/x.erofs#$size"
	kernel_run <<-EOF
		ready
		open image
		scan 1 128K
		kill
		start
		open image elsewhere
		random 2 100 1 256K
		check failed == 0
	EOF
	# A byte of it is changed, which is a byte of the tree of block 2000: the 16th leaf.
	verity_change www/x.erofs $((3000 + 2 + 15))
	echo 1920-2047 >spoilt
	kernel_run <<-EOF
		ready
		open image
		wait
		judge 1 4K spoilt 16
		nolog *: bytes *: not what the root hash vouches for*
	EOF
	# A mirror has it at the same place.
	mkdir www/b
	cp www/x.erofs www/b/
	verity_change www/b/x.erofs $((3000 + 2 + 15)) 100
	kernel_run -- "rd.blob.mirror=$url/b/x.erofs" <<-EOF
		ready
		open image
		scan 1 4K
	EOF
}

# Where a superblock ends inside a block the hashes begin with the next.
atf_test_case a_tree_at_another_address_and_offset
a_tree_at_another_address_and_offset_body() {
	verity_blocks 3000
	httpd_serve
	mkdir www/trees
	for off in 0 512 4096 1000448; do
		rm -f www/trees/x
		verity_format www/x.erofs www/trees/x --hash-offset="$off"
		verity_trust
		kernel_run -- "rd.blob.verity=$url/trees/x#$off" <<-EOF
			ready
			open image
			scan 1 128K
			check failed == 0
		EOF
	done
	atf_check_equal 0 "$(verity_asked /x.erofs.verity)"
}

atf_test_case an_image_of_several_gigabytes
an_image_of_several_gigabytes_body() {
	kernel_blob www/x.erofs 40000000
	# The rest is a hole, but for the end.
	kernel_noise end 1000000 2
	truncate -s 3G www/x.erofs
	dd if=end of=www/x.erofs bs=4096 seek=786000 conv=notrunc status=none
	ln www/x.erofs want.erofs
	httpd_serve
	verity_format www/x.erofs www/x.erofs.verity
	verity_trust
	kernel_run <<-EOF
		ready
		open image
		wait
		# Block, leaf and what is above it are asked for at once: all are under way before any of them is answered.
		sh echo 'path=/x.erofs.verity silent count=2' >faults/hashes
		sh echo 'offset=$((700000 * 4096)) silent count=1' >faults/data; : >log
		read 1 $((700000 * 4096)) 4K
		settle
		sh while [ -e faults/hashes ] || [ -e faults/data ]; do sleep 0.1; done
		# None was asked for a second time, in want of an answer.
		sh awk '\$7 != "stall" || asked[\$2 \$3]++ { exit 1 }' log
		kill
		start
		wait
		sample 1 1 5 128K
		check failed == 0
		check wrong == 0
		read 1 $((786000 * 4096)) 1703936
		read 1 3221217280 8K
		wait
		sh : >log
		open image elsewhere
		read 2 1000M 4M
		read 2 1004M 4M
		wait
		check memory < 48M
	EOF
	# Of what was read in a row.
	awk '{ if ($2 ~ /\.verity$/) hashes += $5; else data += $5 }
		END { print hashes " bytes of hashes for " data " of data"; exit hashes > data / 50 }' log ||
		atf_fail "more than 2 % of hashes"
	verity_change www/x.erofs.verity $((2 + 48 + 3000))
	kernel_run <<-EOF
		ready
		open image
		read 1 $((3000 * 128 * 4096)) 4K =below
		read 1 $((3001 * 128 * 4096)) 4K =beside
		read 1 $((2999 * 128 * 4096)) 4K =beside
		wait below eio
		wait beside ok
	EOF
}

# A reader from the first byte to the last.
atf_test_case hashes_are_two_percent_of_what_is_read_at_most
hashes_are_two_percent_of_what_is_read_at_most_body() {
	verity_serve 100000000
	kernel_run <<-EOF
		ready
		open image
		scan 1 128K
		check fetched < 108000000
		check hashes < 1000000
		check memory < 24M
	EOF
	grep '^check' out
}

atf_init_test_cases() {
	atf_add_test_case a_tree_behind_the_data
	atf_add_test_case a_tree_at_another_address_and_offset
	atf_add_test_case an_image_of_several_gigabytes
	atf_add_test_case hashes_are_two_percent_of_what_is_read_at_most
}
