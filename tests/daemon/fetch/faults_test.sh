#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# Whatever the fault server can do, at random: every byte is right, and no read fails. FAULTS_SEED throws other dice.
# shellcheck disable=SC2119,SC2154 # what kernel.sh sets

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/verity.sh
. "$support/verity.sh"
# shellcheck source=tests/support/faults.sh
. "$support/faults.sh"

atf_test_case each_fault_at_one_request_in_ten
each_fault_at_one_request_in_ten_body() {
	verity_serve 20000000
	seed=${FAULTS_SEED:-1}
	{
		printf '%s\n' ready 'open image' wait
		region=0
		for fault in $faults; do
			# Wrong bytes into the middle of what is asked for.
			echo "sh ./fault percent=10 seed=$seed $(faults_rule "$fault" $((region * 400000 + 8195)))"
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
