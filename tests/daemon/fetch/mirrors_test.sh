#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# Mirrors in all conditions at once: the best is found, and each byte is right.
# shellcheck disable=SC2119,SC2154 # what kernel.sh sets

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/verity.sh
. "$support/verity.sh"

# server NAME: one more httpd, with files, rules and log of its own: $NAME.faults, $NAME.log; its URL is in $mirror. It ends
# with the test, as httpd.sh's.
server() {
	mkdir -p "$1" "$1.faults"
	cp www/x.erofs www/x.erofs.verity "$1/"
	mkfifo "$1.out"
	"$support/httpd" --log "$1.log" --faults "$1.faults" --stdin "$1" <httpd.in >"$1.out" &
	read -r port <"$1.out" || atf_fail "no port of $1"
	mirror=http://127.0.0.1:$port
	kernel_trust="$kernel_trust rd.blob.mirror=$mirror/x.erofs"
}

# asked [NAME]: requests for the image that have begun before the log of that server, or of the first one, was this long.
asked() { grep -c '^GET /x.erofs ' "${1:+$1.}log"; }

atf_test_case one_is_dead_one_slow_one_corrupt_one_good
one_is_dead_one_slow_one_corrupt_one_good_body() {
	verity_serve 16000000
	good=$url
	url=http://127.0.0.1:1
	server slow
	echo rate=64000 >slow.faults/rate
	server corrupt
	for i in $(seq 0 20 3900); do
		printf '\377\0\377\0\377' | dd of=corrupt/x.erofs bs=1 seek=$((i * 4096 + 99)) conv=notrunc status=none
	done
	kernel_trust="$kernel_trust rd.blob.mirror=$good/x.erofs"
	kernel_run <<-EOF
		ready
		open image
		random 1 100 1 64K
		scan 1 128K
		check failed == 0
		check fetched < 20M
	EOF
	# 16 MB at 64 kB/s would be four minutes.
	echo "slow: $(asked slow), corrupt: $(asked corrupt) requests"
	[ "$(awk '{ n += $5 } END { print n + 0 }' log)" -gt 12000000 ] || atf_fail 'the good one was not found'
}

atf_test_case the_only_ones_are_dead_slow_or_corrupt
the_only_ones_are_dead_slow_or_corrupt_body() {
	verity_serve 4194304
	url=http://127.0.0.1:1
	server slow
	echo rate=64000 >slow.faults/rate
	server corrupt
	for i in 100 300 500 700 900; do
		printf '\377\0\377\0\377' | dd of=corrupt/x.erofs bs=1 seek=$((i * 4096 + 99)) conv=notrunc status=none
	done
	kernel_run <<-EOF
		ready
		open image
		scan 1 64K
		check failed == 0
		check wrong > 0
	EOF
	# What is right of the corrupt one is used: all of it at 64 kB/s would take a minute.
	[ "$(awk '{ n += $5 } END { print n + 0 }' corrupt.log)" -gt 3000000 ] || atf_fail 'the slow one was asked for most'
}

atf_test_case a_mirror_that_recovers_is_returned_to
a_mirror_that_recovers_is_returned_to_body() {
	verity_serve 16000000
	echo delay=120 >faults/delay
	server fast
	kernel_run --patience 120 <<-EOF
		ready
		open image
		sample 1 5 1 4K
		sh echo status=503 >fast.faults/down
		sample 1 5 2 4K
		sh rm fast.faults/down; : >fast.log
		sample 1 30 3 4K
		check failed == 0
	EOF
	[ "$(asked fast)" -gt 50 ] || atf_fail "the fast one was asked $(asked fast) times"
}

atf_test_case a_silent_mirror_is_found_out_by_one_small_read
a_silent_mirror_is_found_out_by_one_small_read_body() {
	verity_serve
	server good
	kernel_run <<-EOF
		ready
		open image
		wait
		sh echo silent >faults/silent; : >log
		sample 1 5 1 4K
		check failed == 0
	EOF
	# 51 reads. A good one that stalls, as on a busy machine, may have the silent one asked again.
	[ "$(asked)" -le 15 ] || atf_fail "the silent one was asked $(asked) times"
}

atf_init_test_cases() {
	atf_add_test_case one_is_dead_one_slow_one_corrupt_one_good
	atf_add_test_case the_only_ones_are_dead_slow_or_corrupt
	atf_add_test_case a_mirror_that_recovers_is_returned_to
	atf_add_test_case a_silent_mirror_is_found_out_by_one_small_read
}
