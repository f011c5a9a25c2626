#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# What is not the image's never reaches a reader, natively.
# shellcheck disable=SC2119,SC2154 # what native.sh sets

support=$(cd "$(atf_get_srcdir)/../support" && pwd)
# shellcheck source=tests/support/native.sh
. "$support/native.sh"

# One file in an image without compression, of which single blocks can be changed.
flat() {
	mkdir -p www tree
	kernel_noise tree/noise 4000000
	atf_check -o ignore -e ignore mkfs.erofs www/x.erofs tree
	verity_format www/x.erofs www/x.erofs.verity
	cp www/x.erofs want.erofs
	middle=$(($(stat -c %s www/x.erofs) / 8192))
}

# Is all of mnt/noise right, but for what lies beside the block that is wrong? Neighbours may fail with it, because the page
# cache asks for several pages at once; none is ever wrong. dd writes zeros for what it cannot read.
all_else_is_right() {
	dd if=mnt/noise of=got bs=4096 conv=noerror,sync iflag=fullblock 2>said
	truncate -s "$(stat -c %s tree/noise)" got
	cmp -l got tree/noise >differ
	awk -v wrong="$((middle * 4096))" '$2 != 0 { print "wrong byte: " $0; exit 1 }
		NR == 1 { first = $1 } { last = $1 } END { print "failed: " first " to " last; exit last - first > 1024 * 1024 }' \
		differ || atf_fail "what is far from the block that is wrong is not right"
	atf_check test -s differ
}

atf_test_case a_changed_byte_fails_reads_around_it_and_none_is_wrong
a_changed_byte_fails_reads_around_it_and_none_is_wrong_body() {
	flat
	verity_change www/x.erofs "$middle"
	httpd_serve
	native_mount mnt
	atf_check -s not-exit:0 -o save:got -e match:'Input/output error' cat mnt/noise
	atf_check cmp -n "$(stat -c %s got)" got tree/noise
	native_cold
	all_else_is_right
	# It fails as long as it is wrong, and no longer.
	cp want.erofs www/x.erofs
	atf_check cmp tree/noise mnt/noise
}

atf_test_case a_mirror_that_lies_is_passed_over
a_mirror_that_lies_is_passed_over_body() {
	flat
	mkdir www/b
	cp www/x.erofs www/b/
	for block in $(seq 3 10 900); do verity_change www/b/x.erofs "$block"; done
	cp www/x.erofs.verity www/b/
	httpd_serve
	native_url=$url/b/x.erofs
	native_mount mnt "rd.blob.mirror=$url/x.erofs"
	atf_check cmp tree/noise mnt/noise
	atf_check_equal 0 "$(native_status mnt failed)"
	atf_check test "$(native_status mnt wrong)" -gt 0
}

atf_test_case what_is_pushed_out_of_memory_is_proven_again
what_is_pushed_out_of_memory_is_proven_again_body() {
	flat
	httpd_serve
	native_mount mnt
	atf_check cmp tree/noise mnt/noise
	verity_change www/x.erofs "$middle"
	native_cold
	atf_check -s not-exit:0 -o ignore -e match:'Input/output error' cat mnt/noise
}

atf_init_test_cases() {
	atf_add_test_case a_changed_byte_fails_reads_around_it_and_none_is_wrong
	atf_add_test_case a_mirror_that_lies_is_passed_over
	atf_add_test_case what_is_pushed_out_of_memory_is_proven_again
}
