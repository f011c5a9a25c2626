#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# Mirrors whose hash trees lie, lies that pass, and engines that end between them.
# shellcheck disable=SC2119,SC2154 # what kernel.sh sets

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/verity.sh
. "$support/verity.sh"

atf_test_case a_middlebox_that_lies_once
a_middlebox_that_lies_once_body() {
	verity_serve 64000000
	# About data, and about the hash block that stands 255000 bytes into the tree, for the data at 30 MiB.
	kernel_run <<-EOF
		ready
		open image
		wait
		sh ./fault path=/x.erofs offset=1234567 flip=1234567 count=1
		read 1 $((1234567 / 4096 * 4096)) 4K
		wait
		check failed == 0
		check wrong == 1
		sh ./fault path=/x.erofs.verity offset=255000 flip=255000 count=1
		read 1 30M 4K
		wait
		scan 1 1M
		check failed == 0
		check wrong == 2
	EOF
	# And in the head.
	for rule in 'path=/x.erofs flip=2000 count=1' 'path=/x.erofs.verity flip=5000 count=1' \
		'path=/x.erofs.verity flip=3 count=1' 'path=/x.erofs.verity flip=9000 count=1'; do
		httpd_fault "$rule"
		kernel_run <<-EOF
			ready
			open image
			scan 1 64K
		EOF
	done
}

atf_test_case trees_that_lie
trees_that_lie_body() {
	verity_serve_two
	# The superblock's block, the top, then leaves: the second and later ones.
	verity_change www/x.erofs.verity 3 5 7
	verity_change www/b/x.erofs.verity 4 6 8
	kernel_run <<-EOF
		ready
		open image
		scan 1 64K
		check failed == 0
	EOF
	atf_check_equal 0 "$(verity_lines 'this read fails')"
	# The third one is wrong on both.
	verity_change www/b/x.erofs.verity 5
	echo 384-511 >spoilt
	kernel_run <<-EOF
		ready
		open image
		wait
		judge 1 64K spoilt 4
		log *: image $url/x.erofs: bytes 1572864-2097151: cannot be proven: hashes at bytes 20480-24575 of $url/x.erofs.verity: not under the root hash, as sent by $url/x.erofs.verity, $url/b/x.erofs.verity: this read fails
	EOF
	atf_check_equal 1 "$(verity_lines 'this read fails')"
}

# What is between two wrong hash blocks on a request for hashes is right all the same.
atf_test_case right_hashes_between_wrong_ones_count
right_hashes_between_wrong_ones_count_body() {
	verity_serve
	verity_change www/x.erofs.verity 4 6
	kernel_run <<-EOF
		ready
		open image
		wait
		sh ./fault offset=1640000 delay=700
		read 1 1M 1536K =wide
		read 1 1600K 4K =between
		settle
		wait between ok
		wait wide eio
	EOF
}

atf_test_case an_engine_that_is_killed_between_lies
an_engine_that_is_killed_between_lies_body() {
	verity_serve_two
	verity_change www/x.erofs 100 200 300 900
	verity_change www/b/x.erofs 300 900
	verity_change www/x.erofs.verity 5
	printf '%s\n' 300-300 900-900 >spoilt
	cat >commands <<-EOF
		ready
		open image
		read 1 $((90 * 4096)) 128K
		wait
		sh ./fault stall=100
		read 1 $((190 * 4096)) 64K
		settle
		kill
		sh ./fault; : >log
		start
		wait
		sh ! grep 'GET /x.erofs 0-65535 ' log
		judge 1 4K spoilt 4
	EOF
	kernel_run <commands
	# There the keeper starts it.
	sed -i /^start$/d commands
	kernel_run --start <commands
}

# The superblock is not under the root hash: only the image shows that it lies.
atf_test_case a_superblock_that_lies_about_the_length
a_superblock_that_lies_about_the_length_body() {
	verity_serve 1200000
	verity_mirror b
	blocks=$(($(stat -c %s www/x.erofs) / 4096))
	for lie in $((blocks - 1)) $((blocks + 1)); do
		# shellcheck disable=SC2059 # the bytes are made by the format
		printf "\\$(printf %o $((lie % 256)))\\$(printf %o $((lie / 256)))" |
			dd of=www/x.erofs.verity bs=1 seek=72 conv=notrunc status=none
		kernel_run <<-EOF
			ready
			open image
			scan 1 64K
			check failed == 0
		EOF
	done
}

atf_init_test_cases() {
	atf_add_test_case a_middlebox_that_lies_once
	atf_add_test_case trees_that_lie
	atf_add_test_case right_hashes_between_wrong_ones_count
	atf_add_test_case an_engine_that_is_killed_between_lies
	atf_add_test_case a_superblock_that_lies_about_the_length
}
