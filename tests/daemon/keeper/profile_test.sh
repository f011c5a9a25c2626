#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# blobrootd profile: what a boot has read, across engines, or why that is not known.
# shellcheck disable=SC2119,SC2154 # what kernel.sh sets

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/verity.sh
. "$support/verity.sh"

profile="$kernel_blobrootd profile --run run"

# serve_proven: as kernel_serve, under a hash tree.
serve_proven() {
	kernel_serve 4194304
	verity_format www/x.erofs www/x.erofs.verity
	verity_trust
}

atf_test_case what_was_read_is_there_once_and_goes_on_with_the_next_engine
what_was_read_is_there_once_and_goes_on_with_the_next_engine_body() {
	serve_proven
	kernel_run --start <<-EOF
		ready
		open image
		read 1 2M 4K
		wait
		read 1 0 4K
		wait
		read 1 2M 8K
		wait
		kill
		read 1 1M 4K
		read 1 2M 4K
		wait
		sh $profile >profile
	EOF
	atf_check -o inline:"blobroot-profile 1\nimage $root\nblocks $(($(stat -c %s want.erofs) / 4096))\nweight 4\n" \
		sed 4q profile
	awk '/^[0-9]/ { print $1, $2, $3, $5 == "-" ? "here" : "waited" }' profile | sort -n >extents
	atf_check -o inline:'0 1 4 here\n256 1 4 waited\n512 1 4 waited\n513 1 4 waited\n' cat extents
	atf_check -o match:'^end [0-9]+$' tail -n 1 profile
}

atf_test_case it_says_why_there_is_none
it_says_why_there_is_none_body() {
	kernel_serve
	kernel_run --start <<-EOF
		ready
		sh $profile 2>early; test \$? -eq 111
		open image
		read 1 0 4K
		wait
		sh $profile >none 2>late; test \$? -eq 111
		sh $profile --seconds 0 2>usage; test \$? -eq 2
		sh $profile more 2>>usage; test \$? -eq 2
	EOF
	atf_check -o inline:'profile: nothing has been recorded yet\n' cat early
	atf_check -o inline:'profile: the image has no root hash, by which a profile would name it\n' cat late
	atf_check cat none
	atf_check -o match:'^profile: --seconds 0: it is a number from 1 to 900$' cat usage
	# shellcheck disable=SC2086 # a list of words
	atf_check -s exit:111 -e match:'run/control: no blobrootd answers' $profile
}

atf_init_test_cases() {
	atf_add_test_case what_was_read_is_there_once_and_goes_on_with_the_next_engine
	atf_add_test_case it_says_why_there_is_none
}
