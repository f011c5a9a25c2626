#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# Engines come and go under readers, natively: no read fails, and none is wrong.
# shellcheck disable=SC2119,SC2154 # what native.sh sets

support=$(cd "$(atf_get_srcdir)/../support" && pwd)
# shellcheck source=tests/support/native.sh
. "$support/native.sh"

# From now on eight readers read all of mnt again and again, by page and by file, from the server: until life_stop.
life_read() {
	(cd mnt && find . -type f -exec sha256sum {} +) >sums
	: >wrong
	: >passes
	for life_reader in 1 2 3 4 5 6 7 8; do
		awk -v n="$life_reader" 'NR % 8 == n % 8' sums >"part.$life_reader"
		while [ ! -e over ]; do
			(cd mnt && sha256sum -c "../part.$life_reader" 2>&1) | grep -v ': OK$' >>wrong
			echo >>passes
			native_cold
		done &
	done
}

life_stop() {
	: >over
	wait_for_readers=$(jobs -p | grep -vx "$server")
	# shellcheck disable=SC2086 # a list
	wait $wait_for_readers
	rm over
	echo "passes: $(wc -l <passes), restarts: $(native_status mnt restarts), misses: $(native_status mnt misses)"
	atf_check -o empty cat wrong
	atf_check_equal 0 "$(native_status mnt failed)"
}

reaper() { atf_check -o ignore env REAPER_RUN="$PWD/mnt.run" "$support/reaper" "$@"; }

atf_test_case engines_killed_at_any_time_cost_no_reader_anything
engines_killed_at_any_time_cost_no_reader_anything_body() {
	times=300
	# See tests/long/also.
	[ "$(atf_config_get long no)" = no ] || times=3000
	native_serve
	native_mount mnt
	life_read
	reaper random $times 5 100
	life_stop
	atf_check test "$(native_status mnt restarts)" -ge $times
}

# Blocks that an earlier engine kept are pages that the next one has not touched yet, whether it has to prove them or not.
atf_test_case engines_killed_with_a_store_in_memory_cost_no_reader_anything
engines_killed_with_a_store_in_memory_cost_no_reader_anything_body() {
	times=50
	[ "$(atf_config_get long no)" = no ] || times=1000
	native_serve
	for proof in "rd.blob.roothash=$root" rd.blob.insecure; do
		mkdir mnt
		atf_check "$native_blobrootd" mount-image --run "$PWD/mnt.run" "$url/x.erofs" mnt "$proof" rd.blob.cache=ram:64m
		life_read
		reaper random $times 5 100
		life_stop
		umount mnt
		native_until native_are_gone
		rm -r mnt mnt.run
	done
}

atf_test_case engines_killed_at_each_point_of_their_work_cost_no_reader_anything
engines_killed_at_each_point_of_their_work_cost_no_reader_anything_body() {
	times=10
	[ "$(atf_config_get long no)" = no ] || times=200
	native_serve
	native_mount mnt
	life_read
	for point in born asked filled answered; do
		reaper $point $times
	done
	life_stop
}

atf_test_case the_program_is_replaced_in_place
the_program_is_replaced_in_place_body() {
	native_serve
	native_mount mnt
	life_read
	keeper=$(native_status mnt keeper)
	for _ in 1 2 3 4 5; do
		atf_check -e ignore "$native_blobrootd" upgrade --run mnt.run "$native_blobrootd"
	done
	life_stop
	atf_check_equal "$keeper" "$(native_status mnt keeper)"
	umount mnt
	native_until native_are_gone
}

atf_test_case hash_blocks_outlive_engines
hash_blocks_outlive_engines_body() {
	native_serve
	native_mount mnt
	native_reads mnt
	hashes=$(native_status mnt hashes)
	reaper random 3 1 1
	native_cold
	native_reads mnt -c
	atf_check_equal "$hashes" "$(native_status mnt hashes)"
}

atf_init_test_cases() {
	atf_add_test_case engines_killed_at_any_time_cost_no_reader_anything
	atf_add_test_case engines_killed_with_a_store_in_memory_cost_no_reader_anything
	atf_add_test_case engines_killed_at_each_point_of_their_work_cost_no_reader_anything
	atf_add_test_case the_program_is_replaced_in_place
	atf_add_test_case hash_blocks_outlive_engines
}
