#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# `blobrootd hold`: what was read can be read again without a server, though the kernel drops what it may drop.
# shellcheck disable=SC2119,SC2154 # what native.sh sets

support=$(cd "$(atf_get_srcdir)/../support" && pwd)
# shellcheck source=tests/support/native.sh
. "$support/native.sh"

# As an initramfs does it: ./mnt, served by a keeper that lives on its own.
hold_mount() {
	native_serve
	mkdir mnt
	atf_check "$native_blobrootd" start --transport fuse --run "$PWD/mnt.run" --etc "$PWD" "root=blob:$url/x.erofs" \
		"rd.blob.roothash=$root" "$@"
	atf_check "$native_blobrootd" mount --run "$PWD/mnt.run" "$PWD/mnt"
}

# Sets $hold, and ./held says how much it holds.
hold_begin() {
	"$native_blobrootd" hold --run "$PWD/mnt.run" >held &
	hold=$!
	native_until test -s held
}

hold_fetched() { native_status mnt fetched; }

atf_test_case what_is_held_is_read_without_a_server_and_the_rest_fails
what_is_held_is_read_without_a_server_and_the_rest_fails_body() {
	hold_mount rd.blob.timeout=8
	native_reads mnt
	hold_begin
	kill "$server"
	native_cold
	native_reads mnt
	atf_check_equal 0 "$(native_status mnt failed)"
	# Without it the kernel may drop them.
	kill "$hold"
	wait "$hold"
	native_cold
	! find mnt -type f -exec cat {} + >/dev/null 2>&1 || atf_fail "it is read without a server"
}

atf_test_case nothing_is_fetched_in_order_to_be_held
nothing_is_fetched_in_order_to_be_held_body() {
	mkdir -p www tree
	for file in 1 2 3 4 5 6 7 8; do kernel_noise tree/$file 4000000 $file; done
	atf_check -o ignore -e ignore mkfs.erofs www/x.erofs tree
	verity_format www/x.erofs www/x.erofs.verity
	hold_mount
	# Whoever touches what was read ahead makes the kernel read on.
	for file in 1 2 3 4 5 6 7 8; do head -c ${file}00k mnt/$file >/dev/null; done
	before=''
	until [ "$before" = "$(hold_fetched)" ]; do before=$(hold_fetched) && sleep 1; done
	hold_begin
	sleep 0.3
	atf_check_equal "$before" "$(hold_fetched)"
	read -r has of <held
	atf_check_equal "${has#held=}" "${of#of=}"
	atf_check test "${has#held=}" -lt "$(stat -c %s www/x.erofs)"
}

# At most one copy of a byte is in memory that the kernel cannot have.
atf_test_case what_is_kept_in_memory_is_not_held_as_well
what_is_kept_in_memory_is_not_held_as_well_body() {
	hold_mount rd.blob.cache=ram
	native_reads mnt
	hold_begin
	atf_check -o inline:'held=0 of=0\n' cat held
}

atf_test_case without_an_image_it_says_so
without_an_image_it_says_so_body() {
	mkdir mnt.run
	atf_check -s exit:111 -e match:'^mnt.run/control: no blobrootd answers: ' "$native_blobrootd" hold --run mnt.run
	atf_check -s exit:2 -e ignore "$native_blobrootd" hold mnt.run
}

atf_init_test_cases() {
	atf_add_test_case what_is_held_is_read_without_a_server_and_the_rest_fails
	atf_add_test_case nothing_is_fetched_in_order_to_be_held
	atf_add_test_case what_is_kept_in_memory_is_not_held_as_well
	atf_add_test_case without_an_image_it_says_so
}
