#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# Readers that are killed or get signals, natively, and servers that are away meanwhile.
# shellcheck disable=SC2119,SC2154 # what native.sh sets

support=$(cd "$(atf_get_srcdir)/../support" && pwd)
# shellcheck source=tests/support/native.sh
. "$support/native.sh"

is_gone() { [ ! -e "/proc/$1" ] || grep -q '^State:.Z' "/proc/$1/status"; }

# killed_in CMD..: it waits for the network, is killed, and is gone after $took ms, while the server is still away.
killed_in() {
	native_cold
	stat mnt >/dev/null
	kill -STOP "$server"
	"$@" >/dev/null 2>&1 &
	reader=$!
	native_until native_waits $reader
	kill -KILL $reader
	began=$(date +%s%N)
	native_until is_gone $reader
	took=$((($(date +%s%N) - began) / 1000000))
	echo "$*: gone after $took ms"
	kill -CONT "$server"
	# Whoever comes after it is served.
	native_reads mnt
}

# killed_soon CMD..: within a second; a loaded machine may need more than one try to show it.
killed_soon() {
	for _ in 1 2 3 4 5 6 7 8; do
		killed_in "$@"
		[ $took -ge 1000 ] || return 0
	done
	atf_fail "it waits for the network: $*"
}

atf_test_case a_killed_reader_does_not_wait_for_the_network
a_killed_reader_does_not_wait_for_the_network_body() {
	native_serve
	native_mount mnt
	file=$(find mnt -type f -size +100k | head -n 1)
	# Metadata, and so a read of the reader's own; the bytes of a file, which the kernel reads ahead.
	killed_soon find mnt -ls
	stat "$file" >/dev/null
	killed_soon cat "$file"
	# A read whose reader was killed does not count as failed.
	atf_check_equal 0 "$(native_status mnt failed)"
}

atf_test_case those_that_wait_beside_killed_readers_see_no_error
those_that_wait_beside_killed_readers_see_no_error_body() {
	native_serve
	native_mount mnt
	native_away
	readers=''
	for _ in 1 2 3 4 5 6 7; do
		cat "$file" >/dev/null 2>&1 &
		readers="$readers $!"
	done
	sha256sum <"$file" >got &
	last=$!
	for reader in $readers $last; do
		native_until native_waits "$reader"
	done
	# Not all of them are gone before the server is back: see daemon/README.md.
	for reader in $readers; do
		kill -KILL "$reader"
	done
	kill -0 $last || atf_fail "it has ended, too: $(cat got)"
	kill -CONT "$server"
	wait $last || atf_fail "it has failed"
	atf_check cmp sum got
	atf_check_equal 0 "$(native_status mnt failed)"
}

atf_test_case a_reader_that_gets_signals_sees_no_error
a_reader_that_gets_signals_sees_no_error_body() {
	# Large enough that its metadata is read in many pieces, each of which a reader waits for by itself.
	ln -s "$native_top/build/images" www
	root=$(cat www/demo.erofs.roothash)
	httpd_serve
	native_url=$url/demo.erofs
	native_mount mnt
	httpd_fault 'path=/demo.erofs delay=20'
	atf_check -o save:listed "$support/tree" -s list mnt
	atf_check test "$(wc -l <listed)" -gt 3000
	atf_check_equal 0 "$(native_status mnt failed)"
}

# The kernel once zero-filled what a killed reader had not got, for all: eade54040384.
atf_test_case killed_readers_leave_the_page_cache_right
killed_readers_leave_the_page_cache_right_body() {
	native_serve
	native_mount mnt
	(cd mnt && find . -type f -exec sha256sum {} +) >sums
	native_cold
	for _ in $(seq 20); do
		for part in 1 2 3 4 5 6 7 8; do
			awk -v n=$part 'NR % 8 == n % 8 { print "mnt/" substr($0, 67) }' sums | xargs cat >/dev/null 2>&1 &
			echo $! >"reader.$part"
		done
		for part in 1 2 3 4 5 6 7 8; do
			sleep 0.00$part
			kill -KILL "$(cat reader.$part)" 2>/dev/null
		done
		(cd mnt && sha256sum -c ../sums 2>&1) | grep -v ': OK$' >>wrong
		native_cold
	done
	atf_check -o empty cat wrong
	echo "failed: $(native_status mnt failed)"
}

atf_init_test_cases() {
	atf_add_test_case a_killed_reader_does_not_wait_for_the_network
	atf_add_test_case those_that_wait_beside_killed_readers_see_no_error
	atf_add_test_case a_reader_that_gets_signals_sees_no_error
	atf_add_test_case killed_readers_leave_the_page_cache_right
}
