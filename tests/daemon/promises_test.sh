#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# The fake kernel keeps the promises of tests/support/promises.script; boot/promises_test shows that the real one does.
# shellcheck disable=SC2154 # what atf-sh sets

support=$(cd "$(atf_get_srcdir)/../support" && pwd)
# shellcheck source=tests/support/promises.sh
. "$support/promises.sh"
script=$support/../../../tests/support/promises.script

atf_test_case the_fake_kernel_keeps_every_promise
the_fake_kernel_keeps_every_promise_body() {
	promises_image image
	mkdir cache
	atf_check -o file:"$script" "$support/promises" "$script" image
}

atf_test_case a_broken_promise_is_seen
a_broken_promise_is_seen_body() {
	promises_image image
	mkdir cache
	printf '%s\n' 'start => done' 'nothing => nothing' 'command nonsense => ok' >other
	sed 's/ok$/EOPNOTSUPP/' other >want
	atf_check -o file:want "$support/promises" other image
}

atf_init_test_cases() {
	atf_add_test_case the_fake_kernel_keeps_every_promise
	atf_add_test_case a_broken_promise_is_seen
}
