#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# Odd and hostile messages from the kernel are refused, and the daemon goes on.
# shellcheck disable=SC2119,SC2154 # what kernel.sh sets

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/kernel.sh
. "$support/kernel.sh"

# Between two good reads, the script on standard input.
survives() {
	kernel_serve
	{
		printf '%s\n' ready 'open image' wait 'read 1 1M 4K' wait
		cat
		printf '%s\n' settle 'read 1 2M 4K' wait 'ports 1'
	} >commands
	kernel_run <commands
}

atf_test_case messages_without_a_whole_header
messages_without_a_whole_header_body() {
	survives <<-EOF
		raw 00
		raw ffffffff
		raw 00000000 00000000 00000000 00000
		message 0xfffffff0 2 0 1 0
		message 0xfffffff0 2 15 1 16
		message 0xfffffff0 2 0xffffffff 1 16
		message 0xfffffff0 2 33 1 16
		message 0xfffffff0 0 17 1 0
	EOF
}

atf_test_case kinds_that_nobody_knows
kinds_that_nobody_knows_body() {
	survives <<-EOF
		message 0xfffffff0 3 16 1 0
		message 0xfffffff0 0xffffffff 32 1 16
		message 0xfffffff0 77 2048 1 2032
	EOF
}

atf_test_case bodies_of_the_wrong_length
bodies_of_the_wrong_length_body() {
	survives <<-EOF
		message 0xfffffff0 1 17 1 1
		message 0xfffffff0 1 2048 999 2032
		message 0xfffffff0 2 16 999 0
		message 0xfffffff0 2 40 999 24
	EOF
}

atf_test_case closes_and_reads_of_unknown_objects
closes_and_reads_of_unknown_objects_body() {
	survives <<-EOF
		message 0xfffffff0 1 16 999 0
		message 0xfffffff0 1 16 0 0
		message 0xfffffff0 2 32 999 16
		raw f0ffffff 02000000 20000000 e7030000 0000000000000000 0010000000000000
	EOF
}

atf_test_case ranges_beyond_the_end_fail
ranges_beyond_the_end_fail_body() {
	survives <<-EOF
		read 1 64M 4K
		read 1 4198400 4K
		read 1 0x7fffffffffffffff 1
		read 1 0x7ffffffffffff000 0x1000
		read 1 0xffffffffffffffff 0xffffffffffffffff
		read 1 0xfffffffffffff000 0x2000
		read 1 0 0xffffffffffffffff
		wait all eio
		read 1 4M 64M
		read 1 5 6
		read 1 0 0
		wait
	EOF
}

atf_test_case keys_that_could_leave_the_directory_are_refused
keys_that_could_leave_the_directory_are_refused_body() {
	survives <<-EOF
		open ../x.erofs
		open a/b
		open /etc/passwd
		open .
		open ..
		open .hidden
		wait all eio
		ports 1
	EOF
	[ "$(kernel_logged 'GET /x.erofs ')" = "$(kernel_logged)" ] || atf_fail "it asked the server for them"
}

atf_test_case keys_that_are_no_names_are_refused
keys_that_are_no_names_are_refused_body() {
	survives <<-EOF
		open $(printf '%0256d' 0)
		open $(printf '%0400d' 0)
		open a%0ab
		open a%7fb
		open a%1bb
		open fine $(printf 'erofs,%0400d' 0)
		open fine vol%0aume
		wait all eio
		ports 1
	EOF
	[ "$(kernel_logged 'GET /x.erofs ')" = "$(kernel_logged)" ] || atf_fail "it asked the server for them"
}

atf_test_case odd_bytes_of_a_key_are_escaped_on_the_wire
odd_bytes_of_a_key_are_escaped_on_the_wire_body() {
	survives <<-EOF
		open a%20b%3f%23%25%22%ff
		wait all eio
	EOF
	atf_check -o ignore grep -F 'GET /a%20b%3F%23%25%22%FF ' log
}

atf_init_test_cases() {
	atf_add_test_case messages_without_a_whole_header
	atf_add_test_case kinds_that_nobody_knows
	atf_add_test_case bodies_of_the_wrong_length
	atf_add_test_case closes_and_reads_of_unknown_objects
	atf_add_test_case ranges_beyond_the_end_fail
	atf_add_test_case keys_that_could_leave_the_directory_are_refused
	atf_add_test_case keys_that_are_no_names_are_refused
	atf_add_test_case odd_bytes_of_a_key_are_escaped_on_the_wire
}
