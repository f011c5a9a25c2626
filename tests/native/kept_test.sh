#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# rd.blob.cache=ram: what fits is fetched once, outlives the engine, and is proven again by the next one.
# shellcheck disable=SC2119,SC2154 # what native.sh sets

support=$(cd "$(atf_get_srcdir)/../support" && pwd)
# shellcheck source=tests/support/native.sh
. "$support/native.sh"

# The next engine takes over.
kept_kill() {
	kept_before=$(native_status mnt restarts)
	kill -KILL "$(native_status mnt engine)"
	native_until kept_is_replaced
}
kept_is_replaced() { [ "$(native_status mnt restarts)" -gt "$kept_before" ] && [ "$(native_status mnt engine)" -gt 0 ]; }

kept_fetched() { native_status mnt fetched; }

atf_test_case what_fits_is_fetched_once_and_outlives_the_engine
what_fits_is_fetched_once_and_outlives_the_engine_body() {
	native_serve
	native_mount mnt rd.blob.cache=ram:64m
	native_reads mnt -c
	fetched=$(kept_fetched)
	native_cold
	native_reads mnt -c
	kept_kill
	native_cold
	native_reads mnt -c
	atf_check_equal "$fetched" "$(kept_fetched)"
	umount mnt
	native_until native_are_gone
}

# What the keeper holds could be anything: an engine may have died while it wrote, or been somebody else's.
atf_test_case what_an_earlier_engine_left_wrong_is_fetched_again
what_an_earlier_engine_left_wrong_is_fetched_again_body() {
	native_serve_noise 8000000
	native_mount mnt rd.blob.cache=ram:64m
	atf_check cmp tree/one mnt/one
	memory=$(find "/proc/$(native_status mnt keeper)/fd" -lname '*memfd:blobroot blocks*')
	# A thousand blocks, and a hundred entries of the table.
	dd if=/dev/urandom bs=4k count=1000 2>/dev/null | dd of="$memory" bs=4k seek=300 conv=notrunc 2>/dev/null
	dd if=/dev/urandom bs=16 count=100 2>/dev/null | dd of="$memory" bs=16 seek=1800 conv=notrunc 2>/dev/null
	fetched=$(kept_fetched)
	kept_kill
	native_cold
	atf_check cmp tree/one mnt/one
	atf_check test "$(kept_fetched)" -ge $((fetched + 1100 * 4096))
	fetched=$(kept_fetched)
	kept_kill
	native_cold
	atf_check cmp tree/one mnt/one
	atf_check_equal "$fetched" "$(kept_fetched)"
}

atf_test_case when_all_of_it_is_kept_no_server_is_needed
when_all_of_it_is_kept_no_server_is_needed_body() {
	native_serve
	export BLOBROOT_LOG_STDERR=1
	native_mount mnt rd.blob.cache=ram:64m rd.blob.complete=1g
	native_until grep -q 'blobroot: http.*/x.erofs: all of it is here, [0-9]* bytes: no server is needed any more' said
	kill "$server"
	native_cold
	native_reads mnt -c
	kept_kill
	native_cold
	native_reads mnt -c
}

atf_test_case no_size_that_cannot_be_right_is_taken
no_size_that_cannot_be_right_is_taken_body() {
	native_serve
	mkdir mnt
	set -- "$url/x.erofs" mnt "rd.blob.roothash=$root"
	native_refused 100 'rd.blob.cache=ram:4k: too small: the store needs 16 MB' "$@" rd.blob.cache=ram:4k
	native_refused 100 'rd.blob.cache=ram:999999999999g: too little memory: [0-9]* MB available' "$@" \
		rd.blob.cache=ram:999999999999g
	native_refused 100 'rd.blob.cache=ram:200%: too little memory: .*' "$@" rd.blob.cache=ram:200%
	native_refused 100 'rd.blob.cache=/dev/vda: on a host that runs, the store is a directory: mount-image --store DIR' "$@" \
		rd.blob.cache=/dev/vda
	native_mount mnt rd.blob.cache=ram
	native_reads mnt
}

atf_init_test_cases() {
	atf_add_test_case what_fits_is_fetched_once_and_outlives_the_engine
	atf_add_test_case what_an_earlier_engine_left_wrong_is_fetched_again
	atf_add_test_case when_all_of_it_is_kept_no_server_is_needed
	atf_add_test_case no_size_that_cannot_be_right_is_taken
}
