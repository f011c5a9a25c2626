#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# Many engines leave nothing behind: 1,020 in the long form, 120 in the short one.
# shellcheck disable=SC2016,SC2119,SC2154 # the script's own expansions; what kernel.sh sets

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/verity.sh
. "$support/verity.sh"
# shellcheck source=tests/support/long.sh
. "$support/long.sh"

atf_test_case memory_and_descriptors_are_flat_over_many_restarts
memory_and_descriptors_are_flat_over_many_restarts_body() {
	restarts=$(long_or_short 1020 120)
	verity_serve
	cat >state <<-'EOF'
		#!/bin/sh
		# The keeper's: an engine is a new program each time, and inherits what it keeps.
		keeper=$(cat run/keeper.pid)
		set -- "/proc/$keeper/fd/"*
		echo "$# descriptors"
		set -- $(cat "/proc/$keeper/task/$keeper/children")
		echo "$# children"
		grep -E '^Vm(Size|RSS|HWM|Lck)' "/proc/$keeper/status"
	EOF
	chmod 755 state
	{
		printf '%s\n' ready 'open image' wait
		for i in $(seq "$restarts"); do
			printf '%s\n' kill 'log *the next one takes over in 0 ms' "read 1 $((i % 1000 * 4))K 4K" wait
			# The first few have touched every page that they ever will.
			[ "$i" -ne 20 ] || printf '%s\n' settle 'sh ./state >before; cat before'
		done
		printf '%s\n' settle 'sh ./state >after; cat after' 'sh cmp before after' \
			"sh $kernel_blobrootd status --run run restarts | grep -x $restarts" 'scan 1 128K'
	} >commands
	kernel_run --start <commands
}

atf_init_test_cases() {
	atf_add_test_case memory_and_descriptors_are_flat_over_many_restarts
}
