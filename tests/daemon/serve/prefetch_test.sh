#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# Boot profiles: what one boot has read, the next one has before it asks.
# shellcheck disable=SC2119,SC2154 # what profile.sh sets

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/profile.sh
. "$support/profile.sh"

atf_test_case the_next_boot_waits_for_next_to_nothing
the_next_boot_waits_for_next_to_nothing_body() {
	profile_serve
	profile_teach
	: >log
	{
		printf 'ready\nopen image\nread 1 0 4K\nwait\n'
		echo "until test \$(grep -c '^GET /x.erofs [0-9-]* 206 4096 .* ok' log) -eq 60"
		profile_reads
		echo "sh $status >status"
	} | kernel_run --start
	atf_check -o inline:'profile=used\n' grep '^profile=' status
	waits=$(sed -n 's/^waits=//p' status)
	echo "$waits waits of $(sed -n 's/^touches=//p' status)"
	# Those whose answers are under way when it begins to read; without a profile all wait.
	atf_check test "$waits" -le 8
}

atf_test_case nothing_of_a_wrong_one_counts_as_used
nothing_of_a_wrong_one_counts_as_used_body() {
	profile_serve
	profile_teach
	# What is behind each block that is read.
	awk '/^[0-9]/ { $1 += 3 } { print }' www/x.erofs.profile >wrong
	mv wrong www/x.erofs.profile
	{
		printf 'ready\nopen image\nread 1 0 4K\nwait\n'
		echo "until $status profile | grep -qx used"
		profile_reads
		echo "sh $status >status"
	} | kernel_run --start
	atf_check -o inline:'used=0\n' grep '^used=' status
}

atf_test_case the_next_engine_goes_on_with_it_once
the_next_engine_goes_on_with_it_once_body() {
	profile_serve
	profile_teach
	: >log
	{
		printf 'ready\nopen image\nread 1 0 4K\nwait\n'
		echo "until $status profile | grep -qx used"
		echo "sh test \$(grep -c '[.]profile ' log) -eq 1"
		printf 'kill\nread 1 64K 4K\nwait\n'
		echo "until test \$(grep -c '[.]profile ' log) -eq 2"
		printf 'kill\nread 1 128K 4K\nwait\n'
		profile_reads
		echo "sh $status >status"
	} | kernel_run --start
	atf_check -o inline:'profile=used\n' grep '^profile=' status
	# The third one leaves it: a hint must not be what ends one engine after the other.
	atf_check_equal 2 "$(grep -c '[.]profile ' log)"
}

# boots_until LINE: a boot that reads a block and goes on until this line of the script.
boots_until() {
	kernel_run --start <<-EOF
		ready
		open image
		read 1 0 4K
		wait
		$1
	EOF
}

atf_test_case one_that_was_named_has_to_be_there
one_that_was_named_has_to_be_there_body() {
	profile_serve
	kernel_profile=rd.blob.profile=$url/other.profile
	boots_until 'log *other.profile: the server answers 404 (Not Found): going on without a profile'
	kernel_profile=''
	profile_teach
	mv www/x.erofs.profile www/other.profile
	kernel_profile=rd.blob.profile=$url/other.profile
	boots_until "until $status profile | grep -qx used"
}

atf_init_test_cases() {
	atf_add_test_case the_next_boot_waits_for_next_to_nothing
	atf_add_test_case nothing_of_a_wrong_one_counts_as_used
	atf_add_test_case the_next_engine_goes_on_with_it_once
	atf_add_test_case one_that_was_named_has_to_be_there
}
