#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# tests/run and tests/native/machine: for users who cannot run the tier native here, it runs in a virtual machine, and its
# cases are the same.

# tier CASE TEXT..: ./top is this source tree, with results of its own, and a tier native of one program with these cases.
tier() {
	real=$(cd "$(atf_get_srcdir)/../../.." && pwd)
	mkdir -p top/build/tests/native top/tests/native
	ln -s "$real/initrd" "$real/qemu" top/
	ln -s "$real/build/"[!t]* top/build/
	ln -s "$real/build/tests/support" top/build/tests/
	ln -s "$real/tests/"[!Kn]* top/tests/
	ln -s "$real/tests/native/"[!K]* top/tests/native/
	echo 'syntax(2) test_suite("blobroot") atf_test_program{name="tiny_test"}' >top/tests/native/Kyuafile
	echo 'syntax(2) test_suite("blobroot") include("native/Kyuafile")' >top/tests/Kyuafile
	{
		printf '#!/usr/bin/env atf-sh\n'
		while [ $# -gt 0 ]; do
			printf 'atf_test_case %s\n%s_body() {\n%s\n}\n' "$1" "$1" "$2"
			names="${names:-}atf_add_test_case $1
"
			shift 2
		done
		printf 'atf_init_test_cases() {\n%s}\n' "$names"
	} >top/build/tests/native/tiny_test
	chmod 755 top/build/tests/native/tiny_test
}

# Runs the tier as somebody who can mount nothing, also where root runs this test. It fails, and says why in ./out and ./said.
fails() {
	[ "$(id -u)" -ne 0 ] || set -- setpriv --bounding-set -sys_admin --inh-caps -sys_admin
	atf_check -s exit:1 -o save:out -e save:said "$@" top/tests/run native
	atf_check -o ignore grep 'tests/run: native runs in a virtual machine: ' said
}

atf_test_case the_cases_are_the_same_and_a_failure_shows_its_output
the_cases_are_the_same_and_a_failure_shows_its_output_body() {
	# In the machine the tier can run.
	# shellcheck disable=SC2016 # the program's own
	tier images_can_be_mounted "$(cd "$(atf_get_srcdir)/../../.." && pwd)/tests/native/here" \
		it_fails 'echo "this is why, for user $(id -u)"; false'
	fails
	HOME=$PWD kyua list --build-root=top/build/tests -k top/tests/Kyuafile | sort >want
	sed 's/,/:/; s/,.*//' top/build/tests/run/cases | sort >got
	atf_check cmp want got
	atf_check -o match:'images_can_be_mounted  ->  passed' -o match:'it_fails  ->  failed' cat out
	atf_check -o ignore grep -x 'this is why, for user 0' out
	atf_check -o inline:'1 passed, 1 failed, 0 skipped\n' tail -n 1 out
}

atf_test_case a_machine_that_ends_early_is_a_failure
a_machine_that_ends_early_is_a_failure_body() {
	tier it_would_pass :
	# Before the tests, because that is cheaper: their results come when all have ended.
	rm top/tests/native/init
	printf '#!/bin/sh\nexit 1\n' >top/tests/native/init
	chmod 755 top/tests/native/init
	fails
	atf_check -o ignore grep 'tests/native/machine: its kernel has panicked' said
	atf_check -o ignore grep -x 'tests/run: natives: the tests ended early, with status 111: .*' said
	atf_check -o inline:'0 passed, 1 failed, 0 skipped\n' tail -n 1 out
}

atf_init_test_cases() {
	atf_add_test_case the_cases_are_the_same_and_a_failure_shows_its_output
	atf_add_test_case a_machine_that_ends_early_is_a_failure
}
