#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# Hash blocks and a tree that an engine leaves to the next one: they spare requests, and are not believed.
# shellcheck disable=SC2119,SC2154 # what kernel.sh sets

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/verity.sh
. "$support/verity.sh"

atf_test_case hash_blocks_are_not_fetched_again
hash_blocks_are_not_fetched_again_body() {
	verity_serve 20000000
	# 40 deaths in the middle of an image of 4900 blocks: 39 leaves and a top over them.
	{
		printf '%s\n' ready 'open image' wait
		for i in $(seq 0 39); do
			printf '%s\n' "read 1 $((i * 488))K 4K" wait kill start
		done
		# Beside what was read before: another block under the same hashes.
		for i in $(seq 0 39); do
			printf '%s\n' "read 1 $((i * 488 + 8))K 4K" wait
		done
		printf '%s\n' 'check wrong == 0'
	} >commands
	kernel_run <commands
	[ "$(verity_asked /x.erofs.verity)" -le 40 ] ||
		atf_fail "$(verity_asked /x.erofs.verity) requests for hashes"
	twice=$(awk '$2 ~ /verity/ { split($3, r, "-"); for (i = int(r[1] / 4096); i <= int(r[2] / 4096); i++) n[i]++ }
		END { for (i in n) if (n[i] > 1) print i }' log)
	atf_check_equal '' "$twice"
}

atf_test_case hash_blocks_that_an_engine_left_are_proven_again
hash_blocks_that_an_engine_left_are_proven_again_body() {
	verity_serve
	kernel_run <<-EOF
		ready
		open image
		read 1 0 1M
		wait
		kill
		hashes spoil
		start
		scan 1 128K
		check failed == 0
	EOF
}

atf_test_case another_root_hash_than_the_command_lines_does_not_count
another_root_hash_than_the_command_lines_does_not_count_body() {
	verity_serve
	# The tree of somebody else's image.
	kernel_blob evil/x.erofs 4194304 666
	verity_format evil/x.erofs evil/x.erofs.verity
	salt=$(awk '/^Salt:/ { print $2 }' format.out)
	kernel_run <<-EOF
		ready
		open image
		read 1 0 64K
		wait
		kill
		remember *verity*%09$(($(stat -c %s evil/x.erofs) / 4096))%094096%09$root$salt
		start
		scan 1 128K
		check failed == 0
	EOF
}

atf_init_test_cases() {
	atf_add_test_case hash_blocks_are_not_fetched_again
	atf_add_test_case hash_blocks_that_an_engine_left_are_proven_again
	atf_add_test_case another_root_hash_than_the_command_lines_does_not_count
}
