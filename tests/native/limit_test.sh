#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# A limit of the whole host that would end a mount. It is set here, so this program runs alone.
# shellcheck disable=SC2119,SC2154 # what native.sh sets

support=$(cd "$(atf_get_srcdir)/../support" && pwd)
# shellcheck source=tests/support/native.sh
. "$support/native.sh"

# sysctl.d may set it. The kernel looks every 15 s, so this takes time.
atf_test_case a_time_limit_for_all_FUSE_mounts_does_not_end_this_one
a_time_limit_for_all_FUSE_mounts_does_not_end_this_one_body() {
	limit=/proc/sys/fs/fuse/max_request_timeout
	native_serve
	if [ -e $limit ]; then
		before=$(cat $limit)
		echo 1 >$limit
		native_mount mnt
		atf_check_equal 1 "$(cat $limit)"
		echo "$before" >$limit
	else
		# Before Linux 6.15 there is no such limit.
		native_mount mnt
	fi
	native_cold
	kill -STOP "$server"
	"$support/tree" check mnt truth >checked 2>&1 &
	reader=$!
	[ ! -e $limit ] || sleep 35
	kill -CONT "$server"
	wait $reader || atf_fail "$(tail -n 3 checked)"
	atf_check_equal 0 "$(native_status mnt failed)"
}

atf_init_test_cases() {
	atf_add_test_case a_time_limit_for_all_FUSE_mounts_does_not_end_this_one
}
