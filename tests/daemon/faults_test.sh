#!/usr/bin/env atf-sh
# shellcheck shell=sh
# shellcheck source=tests/support/verity.sh
# SPDX-License-Identifier: MIT
#
# Whatever the fault server can do, at random: every byte is right, and no read fails. FAULTS_SEED throws other dice.
# shellcheck disable=SC2119,SC2154 # what kernel.sh sets

# All words that say what (httpd.c), with bounds that can be reached; those that take numbers of the body and of the head.
faults='delay=300 rate=3000 silent cut=1 cut=5000 reset=1 reset=5000 stall=0 stall=5000 cut-head=20 cut-head=100
	status=403 status=404 status=429 status=500 status=503 retry-after=1%20status=503 redirect-loop no-range no-etag
	weak-etag etag=other length=+10 length=-10 content-length=7 content-length=-1 no-length shift=+4096 shift=-4096
	shorten=100 total=* total=17 content-range=bytes%201-2/3 content-range=nonsense chunked http10 close hangup
	header=X:%20y garbage=binary garbage=header garbage=long garbage=endless garbage=no-status garbage=negative
	garbage=huge redirect=http://127.0.0.1:1/x flip=0'

atf_test_case each_fault_at_one_request_in_ten
each_fault_at_one_request_in_ten_body() {
	. "$(atf_get_srcdir)/../support/verity.sh"
	verity_serve 20000000
	seed=${FAULTS_SEED:-1}
	{
		printf '%s\n' ready 'open image' wait
		region=0
		for fault in $faults; do
			# Into the middle of what is asked for; and a status beside its header.
			[ "$fault" != flip=0 ] || fault="flip=$((region * 400000 + 8195))"
			[ "${fault#retry-after}" = "$fault" ] || fault='retry-after=1 status=503'
			echo "sh ./fault percent=10 seed=$seed $fault"
			for i in $(seq 0 11); do
				echo "read 1 $(((region * 400000 + i * 32768) / 4096 * 4096)) 4K"
			done
			echo wait
			seed=$((seed + 1)) region=$((region + 1))
		done
		printf '%s\n' 'sh ./fault' 'check failed == 0' 'scan 1 1M'
	} >commands
	kernel_run --patience 100 <commands
	echo "$(kernel_logged) requests"
}

atf_init_test_cases() {
	atf_add_test_case each_fault_at_one_request_in_ten
}
