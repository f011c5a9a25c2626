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
	# First contacts with image and tree, the profile, and 60 blocks.
	all=$((65536 + $(stat -c %s www/x.erofs.verity) + $(stat -c %s www/x.erofs.profile) + 60 * 4096))
	{
		printf 'ready\nopen image\nread 1 0 4K\nwait\n'
		echo "until test \$($status fetched) -ge $all"
		profile_reads
		echo "sh $status >status"
	} | kernel_run --start
	atf_check -o inline:'profile=used\n' grep '^profile=' status
	waits=$(sed -n 's/^waits=//p' status)
	echo "$waits waits of $(sed -n 's/^touches=//p' status)"
	atf_check test "$waits" -le 1
}

atf_test_case a_wrong_one_comes_to_a_stand
a_wrong_one_comes_to_a_stand_body() {
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

atf_test_case the_next_engine_goes_on_with_it
the_next_engine_goes_on_with_it_body() {
	profile_serve
	profile_teach
	{
		printf 'ready\nopen image\nread 1 0 4K\nwait\n'
		echo "until $status profile | grep -qx used"
		echo kill
		profile_reads
		echo "sh $status >status"
	} | kernel_run --start
	atf_check -o inline:'profile=used\n' grep '^profile=' status
}

atf_test_case one_that_was_named_has_to_be_there
one_that_was_named_has_to_be_there_body() {
	profile_serve
	kernel_trust="$kernel_trust rd.blob.profile=$url/other.profile"
	kernel_run --start <<-EOF
		ready
		open image
		read 1 0 4K
		wait
		log *other.profile: the server answers 404 (Not Found): going on without a profile
	EOF
	teach_trust=$kernel_trust
	verity_trust
	profile_teach
	mv www/x.erofs.profile www/other.profile
	kernel_trust=$teach_trust
	kernel_run --start <<-EOF
		ready
		open image
		read 1 0 4K
		wait
		until $status profile | grep -qx used
	EOF
}

atf_init_test_cases() {
	atf_add_test_case the_next_boot_waits_for_next_to_nothing
	atf_add_test_case a_wrong_one_comes_to_a_stand
	atf_add_test_case the_next_engine_goes_on_with_it
	atf_add_test_case one_that_was_named_has_to_be_there
}
