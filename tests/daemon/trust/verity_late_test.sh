#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# Hashes that are late, or come in pieces, cost neither memory nor a byte.
# shellcheck disable=SC2119,SC2154 # what kernel.sh sets

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/verity.sh
. "$support/verity.sh"

# The data wait in the engine, for longer than a silent server would be waited for, and then go on.
atf_test_case hashes_that_come_long_after_their_data
hashes_that_come_long_after_their_data_body() {
	verity_serve 64000000
	kernel_run <<-EOF
		ready
		open image
		wait
		sh ./fault path=/x.erofs.verity delay=9000
		read 1 10M 8M
		read 1 40M 8M
		read 1 50M 4K
		read 1 30M 128K
		settle
		check memory < 24M
		wait
		log *: waiting for bytes *
		sh ./fault
		scan 1 128K
		check failed == 0
		check wrong == 0
		sh awk '\$2 == "/x.erofs" { n += \$5 } END { exit n > 106000000 }' log
	EOF
}

atf_test_case hashes_slower_than_data_and_data_slower_than_hashes
hashes_slower_than_data_and_data_slower_than_hashes_body() {
	verity_serve 12000000
	for rule in 'path=/x.erofs.verity delay=30' 'path=/x.erofs.verity rate=400000' 'delay=20' 'rate=8000000' \
		'path=/x.erofs.verity delay=40 percent=50 seed=3'; do
		kernel_run <<-EOF
			ready
			sh ./fault $rule
			open image
			random 1 200 7 128K
			scan 1 128K
			check failed == 0
			check wrong == 0
			check memory < 24M
		EOF
	done
}

atf_test_case hashes_cut_at_any_byte
hashes_cut_at_any_byte_body() {
	verity_serve 20000000
	for rule in cut=0 cut=1 cut=4095 cut=4096 cut=4097 cut=12289 reset=1 reset=4096 reset=9000 shorten=1 shorten=4096 \
		shorten=5000 length=+100 length=-100 shift=+4096 shift=-4096 no-range total=9 'status=200' 'flip=70000' \
		garbage=binary chunked http10 no-length hangup; do
		kernel_run -- rd.blob.timeout=30 <<-EOF
			ready
			open image
			wait
			sh ./fault path=/x.erofs.verity $rule count=2
			read 1 18M 4K
			read 1 9M 1M
			wait all any
			scan 1 128K
		EOF
	done
}

# Data that wait for their hashes hold a connection each; the hashes must find one.
atf_test_case more_extents_wait_for_hashes_than_there_are_places
more_extents_wait_for_hashes_than_there_are_places_body() {
	verity_serve 64000000
	{
		printf '%s\n' ready
		# When a paused transfer ends, libcurl delivers what it still holds of it. That went to freed memory once, which ends the
		# engine only now and then: so it is done six times.
		for object in 1 2 3 4 5 6; do
			printf '%s\n' 'sh ./fault' 'open image' wait 'sh ./fault path=/x.erofs.verity delay=200'
			# One beside each leaf, longer than a buffer; the engine has places for 48.
			for leaf in $(seq 16 120); do
				echo "read $object $((leaf * 512 + 4))K 400K"
			done
			printf '%s\n' wait 'check failed == 0' 'check memory < 48M'
		done
	} >commands
	kernel_run --patience 30 <commands
}

# The hashes are known to be wrong before the data are there.
atf_test_case a_read_across_a_wrong_hash_block_fails_at_once
a_read_across_a_wrong_hash_block_fails_at_once_body() {
	verity_serve
	verity_change www/x.erofs.verity 5
	kernel_run --patience 20 <<-EOF
		ready
		open image
		wait
		sh ./fault offset=2100000 delay=500
		read 1 1280K 1M =across
		read 1 2052K 4K =behind
		wait across eio
		wait behind
		read 1 1280K 256K
		wait
	EOF
}

atf_init_test_cases() {
	atf_add_test_case hashes_that_come_long_after_their_data
	atf_add_test_case hashes_slower_than_data_and_data_slower_than_hashes
	atf_add_test_case hashes_cut_at_any_byte
	atf_add_test_case more_extents_wait_for_hashes_than_there_are_places
	atf_add_test_case a_read_across_a_wrong_hash_block_fails_at_once
}
