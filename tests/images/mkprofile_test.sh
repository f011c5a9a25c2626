#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# mkprofile --merge: what many hosts have read becomes one profile. With boots: qemu/profile_test.

hash=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
mkprofile=$(cd "$(atf_get_srcdir)/../../.." && pwd)/images/mkprofile

# profile NAME END LINE..: of an image of 1000 blocks.
profile() {
	profile_name=$1 profile_end=$2
	shift 2
	{
		printf 'blobroot-profile 1 # a comment\nimage %s\nblocks 1000\nweight 4\nbegin 7\nmark 9 root\nahead 1 2 3\n' $hash
		[ $# -eq 0 ] || printf '%s\n' "$@"
		echo "end $profile_end"
	} >"$profile_name"
}

# merged WEIGHT END LINE..: ./out is this.
merged() {
	merged_weight=$1 merged_end=$2
	shift 2
	{
		printf 'blobroot-profile 1\nimage %s\nblocks 1000\nweight %s\n' $hash "$merged_weight"
		printf '%s\n' "$@"
		echo "end $merged_end"
	} >want
	atf_check diff want out
}

atf_test_case a_block_weighs_as_much_as_the_boots_that_have_read_it
a_block_weighs_as_much_as_the_boots_that_have_read_it_body() {
	profile one 5000 '10 4 4 100 30' '500 1 4 2000 -'
	profile two 7000 '12 4 4 300 -' '800 1 4 50 7'
	atf_check "$mkprofile" --merge out one two
	merged 8 7000 '800 1 4 50 -' '10 2 4 100 -' '12 2 8 200 -' '14 2 4 300 -' '500 1 4 2000 -'
}

atf_test_case neighbours_become_one_extent_and_others_do_not
neighbours_become_one_extent_and_others_do_not_body() {
	profile one 9 '5 1 4 100 -' '4 1 4 150 -' '6 1 4 260 -' '7 3 4 270 -'
	atf_check "$mkprofile" --merge out one
	merged 4 9 '4 2 4 150 -' '6 4 4 260 -'
}

atf_test_case first_boots_weigh_a_quarter
first_boots_weigh_a_quarter_body() {
	profile one 9 '5 1 4 100 -'
	profile two 9 '5 1 4 200 -' '9 1 4 300 -'
	atf_check "$mkprofile" --merge out one --first two
	merged 5 9 '5 1 5 120 -' '9 1 1 300 -'
	# What was merged can be merged again, and whole numbers stay.
	atf_check "$mkprofile" --merge again out --first out
	atf_check -o inline:'weight 6\n' grep '^weight' again
	atf_check -o inline:'5 1 6 120 -\n9 1 2 300 -\n' grep '^[0-9]' again
}

atf_test_case what_is_no_profile_or_of_another_image_is_refused
what_is_no_profile_or_of_another_image_is_refused_body() {
	profile one 9 '5 1 4 100 -'
	echo old >out
	sed 's/image 0/image 1/' one >other
	sed '/^image/d' one >nameless
	sed '$d' one >./cut
	sed 's/^5 1/999 2/' one >beyond
	sed 's/100 -/100/' one >short
	echo nonsense >nonsense
	: >empty
	for case in 'other:is of another image than the first' 'cut:its end is missing' 'beyond:makes no sense: 999 2 4 100 -' \
		'short:makes no sense: 5 1 4 100' 'nonsense:is no boot profile'  'empty:is no boot profile' 'none:cannot be read'; do
		atf_check -s exit:1 -e inline:"mkprofile: ${case%%:*}: ${case#*:}\n" "$mkprofile" --merge out one "${case%%:*}"
		atf_check -o inline:'old\n' cat out
	done
	atf_check -s exit:1 -e inline:'mkprofile: nameless: does not say of which image it is\n' "$mkprofile" --merge out nameless
	atf_check -o inline:'old\n' cat out
	[ ! -e out.new ] || atf_fail 'something is left'
	atf_check -s exit:2 -e match:'^mkprofile: see the head' "$mkprofile" --merge out
	atf_check -s exit:2 -e match:'^mkprofile: --boots: needs a number' "$mkprofile" --boots x image out
}

# So many hosts, so different: there are more extents than an engine takes.
atf_test_case what_is_too_much_is_said_less_exactly
what_is_too_much_is_said_less_exactly_body() {
	for host in 1 2; do
		printf 'blobroot-profile 1\nimage %s\nblocks 100000\nweight 4\n' $hash
		seq -f "%.0f 1 4 $((host * 7)) -" "$host" "$host" 80000
		echo 'end 9'
	done >both
	sed -n '1,/^end/p' both >one
	sed '1,/^end/d' both >two
	atf_check "$mkprofile" --merge out one two
	atf_check -o match:'^[0-9]+ 79999|1 80000' grep '^[0-9]' out
	atf_check test "$(wc -l <out)" -lt 32773
}

atf_init_test_cases() {
	atf_add_test_case a_block_weighs_as_much_as_the_boots_that_have_read_it
	atf_add_test_case neighbours_become_one_extent_and_others_do_not
	atf_add_test_case first_boots_weigh_a_quarter
	atf_add_test_case what_is_too_much_is_said_less_exactly
	atf_add_test_case what_is_no_profile_or_of_another_image_is_refused
}
