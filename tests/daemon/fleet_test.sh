#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# Many hosts at one power-on. `make bench` has 200.

support=$(cd "$(atf_get_srcdir)/../support" && pwd)

atf_test_case fifty_engines_at_one_nginx_all_have_their_bytes
fifty_engines_at_one_nginx_all_have_their_bytes_body() {
	top=$(cd "$support/../../.." && pwd)
	mkdir fleet
	"$top/tests/support/fleet" 50 "$support/kernel" "${BLOBROOTD:-$top/build/blobrootd}" "$PWD/fleet" ||
		atf_fail 'not all of them'
	rm -rf fleet
}

atf_init_test_cases() {
	atf_add_test_case fifty_engines_at_one_nginx_all_have_their_bytes
}
