#!/usr/bin/env atf-sh
# shellcheck shell=sh
# shellcheck source=tests/support/hosts.sh
# SPDX-License-Identifier: MIT
#
# The real kernel keeps the promises of tests/support/promises.script; daemon/promises_test shows that the fake one does.
# shellcheck disable=SC2154 # what hosts.sh sets

support=$(cd "$(atf_get_srcdir)/../support" && pwd)

atf_test_case the_real_kernel_keeps_the_promises_that_the_fake_one_keeps
the_real_kernel_keeps_the_promises_that_the_fake_one_keeps_body() {
	. "$support/hosts.sh"
	turn_shared host_that_is_split
	boot_has '^PROMISES kept'
	boot_has_not '^PROMISES [-+]'
}

atf_init_test_cases() {
	atf_add_test_case the_real_kernel_keeps_the_promises_that_the_fake_one_keeps
}
