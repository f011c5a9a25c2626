#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# What an engine that was taken over tells the keeper for the next one: that serves the same image, and only that.
# shellcheck disable=SC2034,SC2119,SC2154 # what kernel.sh sets, and is told

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/verity.sh
. "$support/verity.sh"

# next_engine TEXT..: an engine reads, tells the keeper these texts, and is killed. The next one goes through the script on
# standard input.
next_engine() {
	{
		printf '%s\n' ready 'open image' 'read 1 0 64K' wait kill
		printf 'remember %s\n' "$@"
		echo start
		cat
	} >commands
	kernel_run <commands
}

atf_test_case what_no_engine_can_use_is_passed_over
what_no_engine_can_use_is_passed_over_body() {
	verity_serve
	next_engine nothing %09 '*image*%09many%09%09' '*image*1%0917592186044416%09' "*verity*2%09300%094096%09$root" 'data%09100' <<-EOF
		log *engine: 5 of the 7 things * passed over
		scan 1 128K
		check failed == 0
	EOF
	atf_check_equal 1 "$(verity_asked /x.erofs.verity)"
}

atf_test_case the_size_of_a_proven_image_is_its_trees
the_size_of_a_proven_image_is_its_trees_body() {
	verity_serve
	size=$(stat -c %s want.erofs)
	for told in 4096 $((size + 4096)) 17592186044416 9223372036854775807; do
		next_engine "*image*%09$told%09%09" <<-EOF
			read 1 $((size - 4096)) 4K
			scan 1 128K
			read 1 $size 4K =beyond
			wait beyond eio
			kill
			start
			open image
			scan 2 128K
			read 2 $size 4K =beyond
			wait beyond eio
		EOF
	done
}

atf_test_case without_a_tree_it_is_fetched_again_before_anything_is_served
without_a_tree_it_is_fetched_again_before_anything_is_served_body() {
	verity_serve
	kernel_blob evil/x.erofs 4194304 666
	verity_format evil/x.erofs evil/x.erofs.verity
	verity_change www/x.erofs 300
	size=$(stat -c %s want.erofs)
	for told in nonsense "$((size / 4096))%094096%09$root"; do
		next_engine "*verity*%09$told" "*image*%09$size%09%09" <<-EOF
			read 1 1200K 4K =wrong
			wait wrong eio
			read 1 1M 64K
			wait
			check wrong > 0
		EOF
	done
	# Each time by two engines.
	atf_check_equal 4 "$(awk '$2 == "/x.erofs.verity" && $3 ~ /^0-/' log | wc -l)"
}

atf_test_case where_nothing_vouches_no_tree_is_believed
where_nothing_vouches_no_tree_is_believed_body() {
	kernel_serve
	next_engine "*verity*%09300%094096%09$(printf %064d 7)" <<-EOF
		scan 1 128K
		check failed == 0
	EOF
}

atf_test_case the_version_that_was_told_first_counts
the_version_that_was_told_first_counts_body() {
	kernel_serve
	mkdir www/b
	mv www/x.erofs www/b/
	kernel_trust="rd.blob.insecure rd.blob.mirror=$url/b/x.erofs"
	next_engine '*image*%094096%09"other"%09' <<-EOF
		scan 1 128K
		check failed == 0
	EOF
	atf_check -o ignore grep '^remember \*image\*1' out
}

atf_init_test_cases() {
	atf_add_test_case what_no_engine_can_use_is_passed_over
	atf_add_test_case the_size_of_a_proven_image_is_its_trees
	atf_add_test_case without_a_tree_it_is_fetched_again_before_anything_is_served
	atf_add_test_case where_nothing_vouches_no_tree_is_believed
	atf_add_test_case the_version_that_was_told_first_counts
}
