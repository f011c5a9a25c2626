#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# Reads that wait for a server that is away, natively, and what may happen to their mount meanwhile.
# shellcheck disable=SC2119,SC2154 # what native.sh sets

support=$(cd "$(atf_get_srcdir)/../support" && pwd)
# shellcheck source=tests/support/native.sh
. "$support/native.sh"

atf_test_case a_mount_that_is_read_is_busy_and_may_be_detached
a_mount_that_is_read_is_busy_and_may_be_detached_body() {
	native_serve
	native_mount mnt
	native_away
	sha256sum <"$file" >got &
	reader=$!
	native_until native_waits $reader
	atf_check -s not-exit:0 -e match:busy umount mnt
	atf_check umount -l mnt
	kill -CONT "$server"
	# It goes on to its end, and so does the daemon.
	wait $reader || atf_fail "its reader has failed"
	atf_check cmp sum got
	native_until native_are_gone
}

atf_test_case readers_wait_for_a_server_that_is_away
readers_wait_for_a_server_that_is_away_body() {
	native_serve
	native_mount mnt
	httpd_fault 'path=/x.erofs status=503'
	native_cold
	"$support/tree" check mnt truth >checked 2>&1 &
	reader=$!
	sleep 1
	kill -0 $reader || atf_fail "it did not wait: $(cat checked)"
	httpd_fault
	wait $reader || atf_fail "$(cat checked)"
	atf_check_equal 0 "$(native_status mnt failed)"
}

atf_test_case a_read_has_an_end_where_one_is_set
a_read_has_an_end_where_one_is_set_body() {
	native_serve
	native_mount mnt rd.blob.timeout=8
	native_away
	atf_check -s not-exit:0 -o empty -e match:'Input/output error' cat "$file"
	kill -CONT "$server"
	native_reads mnt
}

atf_init_test_cases() {
	atf_add_test_case a_mount_that_is_read_is_busy_and_may_be_detached
	atf_add_test_case readers_wait_for_a_server_that_is_away
	atf_add_test_case a_read_has_an_end_where_one_is_set
}
