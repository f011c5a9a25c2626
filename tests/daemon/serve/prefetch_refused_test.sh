#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# Boot profiles that are of no use: each costs a line, and nothing else.
# shellcheck disable=SC2119,SC2154 # what profile.sh sets

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/profile.sh
. "$support/profile.sh"

# boots_without WHY: the profile is refused with one line that ends so, and the boot is as it would be without. ./memory: the most
# KiB that the engine has had.
boots_without() {
	{
		printf 'ready\nopen image\nread 1 0 4K\nwait\n'
		echo "log *x.erofs.profile: $1: going on without a profile"
		profile_reads
		echo "sh $status >status"
		echo "sh awk '/^VmHWM/ { print \$2 }' /proc/\$($status engine)/status >memory"
	} | kernel_run --start
	atf_check -o inline:'profile=none\n' grep '^profile=' status
	atf_check_equal 1 "$(grep -c '^log: .*going on without a profile' out)"
}

atf_test_case one_that_is_of_no_use_costs_a_line
one_that_is_of_no_use_costs_a_line_body() {
	profile_serve
	profile_teach
	cp www/x.erofs.profile good
	profile=www/x.erofs.profile
	sed '2s/[0-9a-f]*$/0000/' good >$profile
	boots_without 'is of another image'
	sed '3s/.*/blocks 7/' good >$profile
	boots_without 'is of another image'
	sed '1s/1/2/' good >$profile
	boots_without 'is of a version of the format that is not known here'
	sed '$d' good >$profile
	boots_without 'its end is missing'
	sed '9s/ / x/' good >$profile
	boots_without 'line 9 makes no sense'
	sed '9s/^/99999/' good >$profile
	boots_without "line 9 reaches beyond the image's end"
	seq -f '%.0f 1000 4 1 -' 1 2 | cat good - >$profile
	sed -i '/^end/d' $profile && echo 'end 1' >>$profile
	boots_without 'line *: it lists more than 32768 extents, or more blocks than the image has'
	echo nonsense >$profile
	boots_without 'is no boot profile'
	: >$profile
	boots_without 'is no boot profile'
	truncate -s 100M $profile
	boots_without 'it is longer than 1048576 bytes, which no such file is'
}

atf_test_case ten_million_extents_cost_no_memory
ten_million_extents_cost_no_memory_body() {
	profile_serve
	{
		printf 'blobroot-profile 1\nimage %s\nblocks %d\nweight 4\n' "$root" $(($(stat -c %s www/x.erofs) / 4096))
		seq -f '%.0f 1 4 1 -' 10000000
	} >www/x.erofs.profile
	boots_without 'it is longer than 1048576 bytes, which no such file is'
	echo "$(cat memory) KiB"
	atf_check test "$(cat memory)" -lt 6000
}

atf_init_test_cases() {
	atf_add_test_case one_that_is_of_no_use_costs_a_line
	atf_add_test_case ten_million_extents_cost_no_memory
}
