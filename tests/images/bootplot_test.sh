#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# bootplot: a boot as a picture, and what it counts.

bootplot=$(cd "$(atf_get_srcdir)/../../.." && pwd)/images/bootplot

atf_test_case what_was_waited_for_was_here_or_was_fetched_for_nothing_has_its_colour
what_was_waited_for_was_here_or_was_fetched_for_nothing_has_its_colour_body() {
	cat >profile <<-EOF
		blobroot-profile 1
		image 0123456789abcdef0123456789abcdef
		blocks 1000
		weight 4
		begin 3000
		# a comment
		mark 1000 root
		0 250 4 0 500
		ahead 500 4 100
		ahead 600 8 200
		500 2 4 2000 -
		end 7000
	EOF
	atf_check -o save:svg "$bootplot" profile
	atf_check -o match:'^<svg .*>$' sed -n 1p svg
	atf_check -o inline:'</svg>\n' tail -n 1 svg
	for words in 'waited for: 1.0 MB in 1 reads' 'read, and here: 0.0 MB' 'fetched ahead, read: 0.0 MB' 'not read: 0.0 MB' initramfs mount \
		'root is up' 'Boot of image 0123456789abcdef.., 10.0 s' '0 s' '4 MB'; do
		atf_check -o ignore grep -F ">$words</text>" svg
	done
	# A quarter of the image, for half a second, three seconds after the kernel began: 900 are ten seconds, 420 the image.
	atf_check -o ignore grep -F '<rect x="330.0" y="365.0" width="45.0" height="105.0" fill="#dd3322"/>' svg
	# Of four blocks that were fetched two were read; the other eight were not. One more of each is in the legend.
	atf_check_equal 2 "$(grep -c 'fill="#4477cc"' svg)"
	atf_check_equal 3 "$(grep -c 'fill="#bbbbbb"' svg)"
	atf_check_equal 2 "$(grep -c 'fill="#33aa55"' svg)"
	atf_check -o file:svg "$bootplot" <profile
}

atf_test_case what_is_no_profile_is_refused
what_is_no_profile_is_refused_body() {
	echo nonsense >nonsense
	: >empty
	printf 'blobroot-profile 1\nblocks 10\n' >short
	printf 'blobroot-profile 1\nblocks 10\n1 11 4 0 -\nend 1\n' >long
	for case in 'nonsense:this is no boot profile' 'empty:this is no boot profile' 'short:its end is missing' 'long:line 3 makes no sense'; do
		atf_check -s exit:1 -e inline:"bootplot: ${case#*:}\n" "$bootplot" "${case%%:*}"
	done
	atf_check -s exit:2 -e match:'^usage:' "$bootplot" one two
}

atf_init_test_cases() {
	atf_add_test_case what_was_waited_for_was_here_or_was_fetched_for_nothing_has_its_colour
	atf_add_test_case what_is_no_profile_is_refused
}
