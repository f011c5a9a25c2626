#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# Trouble with the server of the hash tree costs time and no byte.
# shellcheck disable=SC2119,SC2154 # what kernel.sh sets

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/verity.sh
. "$support/verity.sh"

atf_test_case a_tree_that_is_not_there_yet
a_tree_that_is_not_there_yet_body() {
	verity_serve
	httpd_fault 'path=/x.erofs.verity status=503 count=3'
	kernel_run <<-EOF
		ready
		open image
		scan 1 64K
		log *: $url/x.erofs.verity: the server answers 503 (Service Unavailable): trying again, with no end set (rd.blob.contact=)
	EOF
	httpd_fault 'path=/x.erofs.verity status=503'
	verity_refuses 111 "$url/x.erofs.verity: the server answers 503 (Service Unavailable)"
	httpd_fault 'path=/x.erofs.verity silent'
	verity_refuses 111 "$url/x.erofs.verity: the server is silent: no answer in 2 s"
	httpd_fault 'path=/x.erofs.verity stall=5000'
	verity_refuses 111 "$url/x.erofs.verity: too slow: 5000 of the first 65536 bytes came in 2 s"
}

atf_test_case a_tree_that_disappears_for_a_while
a_tree_that_disappears_for_a_while_body() {
	verity_serve 12000000
	kernel_run <<-EOF
		ready
		open image
		wait
		sh mv www/x.erofs.verity away
		read 1 10M 128K =late
		log *: hashes at bytes *-* of $url/x.erofs.verity: the server answers 404 (Not Found): trying again
		log *: $url/x.erofs: waiting for bytes 10485760-10616831: * s so far, *
		pending late
		sh mv away www/x.erofs.verity
		wait late
		log *: $url/x.erofs: the server answers again after * s
		scan 1 128K
		check failed == 0
	EOF
}

# A server that refuses gets fewer transfers at once: data that waits for hashes must not take the last one.
atf_test_case hashes_that_are_refused_for_a_while_hold_up_no_reader_for_ever
hashes_that_are_refused_for_a_while_hold_up_no_reader_for_ever_body() {
	verity_serve 20000000
	for status in 503 429; do
		kernel_run <<-EOF
			ready
			open image
			wait
			sh ./fault path=/x.erofs.verity status=$status count=6
			scan 1 128K
			check failed == 0
		EOF
	done
}

atf_test_case a_read_whose_hashes_do_not_come_ends_in_time
a_read_whose_hashes_do_not_come_ends_in_time_body() {
	verity_serve 12000000
	for rule in silent status=503 stall=100 reset=10; do
		kernel_run -- rd.blob.timeout=4 <<-EOF
			ready
			open image
			wait
			sh ./fault path=/x.erofs.verity $rule
			read 1 10M 4K
			read 1 11M 128K
			wait all eio
			log *: bytes 10485760-10489855: not here after 4 s (rd.blob.timeout=): this read fails
			sh ./fault
			read 1 8M 4K
			wait
			check failed == 2
			kill
			start
			scan 1 128K
		EOF
	done
}

# A tree has as many bytes as it has; what the server says it has beyond them, or too few, is none of it.
atf_test_case a_tree_cut_short
a_tree_cut_short_body() {
	verity_serve 12000000
	size=$(stat -c %s www/x.erofs.verity)
	cp www/x.erofs.verity whole
	# Without its last leaf, in the middle of it; then all that is not in the head: told at the start, not by a read.
	for less in 4096 100 $((size - 65536)); do
		truncate -s $((size - less)) www/x.erofs.verity
		verity_refuses 100 "$url/x.erofs.verity: the hash tree is truncated: it has $((size - less)) bytes, and $size are needed"
		cp whole www/x.erofs.verity
	done
	truncate -s 4096 www/x.erofs.verity
	verity_refuses 100 "$url/x.erofs.verity: the hash tree is truncated: *"
	cat whole whole >www/x.erofs.verity
	kernel_run <<-EOF
		ready
		open image
		scan 1 128K
	EOF
}

atf_init_test_cases() {
	atf_add_test_case a_tree_that_is_not_there_yet
	atf_add_test_case a_tree_that_disappears_for_a_while
	atf_add_test_case hashes_that_are_refused_for_a_while_hold_up_no_reader_for_ever
	atf_add_test_case a_read_whose_hashes_do_not_come_ends_in_time
	atf_add_test_case a_tree_cut_short
}
