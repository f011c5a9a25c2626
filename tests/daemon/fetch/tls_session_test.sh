#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# https while the host runs: connections are kept, and each new one is checked.
# shellcheck disable=SC2119,SC2154 # what tls.sh sets

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/kernel.sh
. "$support/kernel.sh"
# shellcheck source=tests/support/tls.sh
. "$support/tls.sh"

atf_test_case a_connection_is_kept_for_many_ranges
a_connection_is_kept_for_many_ranges_body() {
	tls_prepare
	tls_certificate good ours
	tls_serve good
	kernel_run --start <<-EOF
		ready
		open image
		sample 1 40 7 4K
	EOF
	[ "$(grep -c . log)" -gt 40 ] || atf_fail "only $(grep -c . log) requests"
	# The first contact's, and one more when two ranges are under way at once.
	[ "$(cut -d' ' -f3 log | sort -u | wc -l)" -le 4 ] || atf_fail "a connection for each request"
}

atf_test_case a_certificate_that_expires_makes_reads_wait
a_certificate_that_expires_makes_reads_wait_body() {
	tls_prepare
	tls_certificate good ours
	tls_certificate expired ours ec '' '-30 days' '-2 days'
	tls_serve good
	cp good.crt valid.crt
	cp good.key valid.key
	tls_make_swap
	kernel_run --start <<-EOF
		ready
		open image
		wait
		sh ./swap expired
		read 1 1M 4K
		log *: bytes 1048576-1052671: the server's certificate has expired: *: trying again
		pending all
		sh ./swap valid
		wait
		log *: the server answers again after * s
		sh kill \$(cat nginx.pid)
	EOF
}

atf_init_test_cases() {
	atf_add_test_case a_connection_is_kept_for_many_ranges
	atf_add_test_case a_certificate_that_expires_makes_reads_wait
}
