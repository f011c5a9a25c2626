#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# Mirrors that lie: readers get right bytes as long as one mirror has them.
# shellcheck disable=SC2119,SC2154 # what kernel.sh sets

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/verity.sh
. "$support/verity.sh"

atf_test_case a_lying_mirror_beside_an_honest_one
a_lying_mirror_beside_an_honest_one_body() {
	verity_serve_two
	verity_change www/x.erofs 100 200 300 400 500 600 700 800 900 1000
	# The honest one is not there before the other one has lied, however slow this machine is.
	: >gate
	httpd_fault 'path=/b/x.erofs hold=gate'
	kernel_run <<-EOF
		ready
		open image
		read 1 400K 4K
		log *: bytes 409600-*: not what the root hash vouches for, as sent by $url/x.erofs: trying again
		sh rm gate
		wait
		scan 1 4K
		check failed == 0
		check wrong > 0
		check wrong < 8
	EOF
	atf_check_equal 0 "$(verity_lines 'this read fails')"
	echo "the liar was asked $(verity_asked /x.erofs) times, the other $(verity_asked /b/x.erofs)"
}

# Who lied is asked no more where another one is as fast: not by this flight, and not by later ones.
atf_test_case a_mirror_that_lied_is_left_out
a_mirror_that_lied_is_left_out_body() {
	verity_serve_two
	verity_change www/x.erofs 100 200
	: >gate
	httpd_fault 'path=/b/x.erofs hold=gate'
	# A read that waits long at the other mirror is asked for at this one, too.
	kernel_run <<-EOF
		ready
		open image
		read 1 $((100 * 4096)) 4K
		log *: bytes 409600-*: not what the root hash vouches for, as sent by $url/x.erofs: trying again
		sh rm gate
		wait
		check wrong == 1
		sh : >log
		random 1 50 5 128K
		sh [ "\$(grep '^GET /x.erofs ' log | grep -vc ' 0-65535 ')" -lt 5 ]
		sh grep '^GET /b/x.erofs ' log
		check wrong == 1
	EOF
}

# The other mirror crawls, so that the wrong blocks come from there and no others.
atf_test_case read_ahead_goes_on_behind_wrong_blocks
read_ahead_goes_on_behind_wrong_blocks_body() {
	verity_serve_two 20000000
	# shellcheck disable=SC2046 # a list
	verity_change www/x.erofs $(seq 50 100 4850)
	httpd_fault 'path=/b/x.erofs rate=64000'
	kernel_run <<-EOF
		ready
		open image
		scan 1 4K
		check failed == 0
		check wrong > 0
		check wrong < 80
	EOF
	echo "the liar was asked $(verity_asked /x.erofs) times, the other $(verity_asked /b/x.erofs)"
	# A stretch of good blocks is one request or two, and there are fifty; with streams that begin anew it is a thousand.
	atf_check test "$(verity_asked /x.erofs)" -lt 400
}

atf_test_case mirrors_that_lie_in_different_blocks
mirrors_that_lie_in_different_blocks_body() {
	verity_serve_two
	verity_change www/x.erofs 100 102 104 500 501 502 900
	verity_change www/b/x.erofs 101 103 105 400 600 601 602
	for len in 4K 128K 1M; do
		kernel_run <<-EOF
			ready
			open image
			scan 1 $len
			check failed == 0
		EOF
		atf_check_equal 0 "$(verity_lines 'this read fails')"
	done
}

atf_test_case a_block_that_is_wrong_on_all_mirrors
a_block_that_is_wrong_on_all_mirrors_body() {
	verity_serve_two
	verity_change www/x.erofs 400
	verity_change www/b/x.erofs 400
	echo 400-400 >spoilt
	# The kernel asks for what is behind the block, too, once it has what lies before it.
	for len in 4K 128K; do
		failed=$((1 + (${len%K} > 4)))
		kernel_run <<-EOF
			ready
			open image
			wait
			judge 1 $len spoilt
			check failed == $failed
			log *: image $url/x.erofs: bytes 1638400-1642495: not what the root hash vouches for, as sent by $url/x.erofs, $url/b/x.erofs: this read fails
			read 1 $((400 * 4096)) 4K
			wait all eio
			sh cp want.erofs www/b/x.erofs
			scan 1 128K
		EOF
		cp www/x.erofs www/b/x.erofs
		atf_check_equal 1 "$(verity_lines 'this read fails')"
	done
}

# The last of the tries is at the first mirror again: what lied there may have been on the way.
atf_test_case a_middlebox_before_one_and_a_liar_behind_the_other
a_middlebox_before_one_and_a_liar_behind_the_other_body() {
	verity_serve_two
	verity_change www/b/x.erofs 300
	: >gate
	echo 'path=/b/x.erofs hold=gate' >held
	kernel_run <<-EOF
		ready
		open image
		wait
		sh ./fault path=/x.erofs flip=1230000 count=1 && mv held faults/held
		read 1 $((300 * 4096)) 4K
		log *: bytes 1228800-*: not what the root hash vouches for, as sent by $url/x.erofs: trying again
		sh rm gate
		wait
		check wrong == 2
	EOF
}

atf_init_test_cases() {
	atf_add_test_case a_lying_mirror_beside_an_honest_one
	atf_add_test_case a_mirror_that_lied_is_left_out
	atf_add_test_case read_ahead_goes_on_behind_wrong_blocks
	atf_add_test_case mirrors_that_lie_in_different_blocks
	atf_add_test_case a_block_that_is_wrong_on_all_mirrors
	atf_add_test_case a_middlebox_before_one_and_a_liar_behind_the_other
}
