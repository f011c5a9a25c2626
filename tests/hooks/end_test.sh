#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# When a boot with dracut ends with our line, and when it does not: dracut's own scripts, in its initramfs.
# shellcheck disable=SC1091,SC2016,SC2154 # functions and variables of dracut.sh; text for another shell

top=$(cd "$(atf_get_srcdir)/../../.." && pwd)
. "$top/tests/support/dracut.sh"

# ended WORD..: what dracut does when it, or its systemd, cannot go on (or stops for rd.break=): it sources these hooks. True if
# the boot ended, as a panic; a shell in its place goes on.
ended() {
	dracut_words root=blob:http://x/y rd.blob.insecure "$@"
	[ -n "$ours" ] || dracut_words root=/dev/vda "$@"
	dracut_cmdline
	[ -z "$failed" ] || : >tree/run/blobroot/failed
	dracut_run 'source_hook emergency
		source_hook shutdown-emergency
		echo goes on'
	if grep -q '^goes on$' out; then
		[ ! -e tree/proc/sysrq-trigger ] || atf_fail "$*: a panic all the same"
		return 1
	fi
	atf_check -o inline:'c\n' cat tree/proc/sysrq-trigger
}

line='boot failed: dracut: it cannot go on: the lines before this one say why'
said() { atf_check -o inline:"$1\n" sh -c "grep -c '^<3>blobroot: $line\$' tree/dev/kmsg || :"; }

atf_test_case where_dracut_cannot_go_on_the_boot_ends_with_a_line
where_dracut_cannot_go_on_the_boot_ends_with_a_line_body() {
	for flavour in dracut-6.12 dracut-legacy-6.12 dracut-059-6.12; do
		dracut_unpack "$flavour"
		ours=yes failed=''
		ended quiet || atf_fail "$flavour: it goes on"
		said 1
		# Its own shell comes next.
		! ended rd.shell || atf_fail "$flavour: rd.shell: no shell"
		said 1
	done
}

atf_test_case a_shell_that_was_asked_for_is_no_failure
a_shell_that_was_asked_for_is_no_failure_body() {
	for flavour in dracut-6.12 dracut-legacy-6.12 dracut-059-6.12; do
		dracut_unpack "$flavour"
		ours=yes failed=''
		for break in rd.break rd.break=pre-mount rd.break=initqueue; do
			! ended "$break" || atf_fail "$flavour: $break: the boot ends"
			said 0
		done
	done
}

atf_test_case what_has_been_said_and_what_is_not_ours_is_not_said
what_has_been_said_and_what_is_not_ours_is_not_said_body() {
	dracut_unpack dracut-legacy-6.12
	ours=yes failed=yes
	! ended quiet || atf_fail 'it ends twice'
	said 0
	ours='' failed=''
	! ended quiet || atf_fail 'the boot of another root is ended'
	said 0
}

# dracut calculates with it: to its shell 090 is octal, and an error.
atf_test_case an_rd_retry_that_is_no_number_is_refused
an_rd_retry_that_is_no_number_is_refused_body() {
	dracut_unpack dracut-6.12
	for retry in 090 010 -5 5m x 1e3 0x10 123456789; do
		dracut_words root=blob:http://x/y rd.blob.insecure "rd.retry=$retry"
		dracut_cmdline
		atf_check -o ignore grep -xF "<3>blobroot: boot failed: cmdline: rd.retry=$retry: not a number of seconds" tree/dev/kmsg
		atf_check test ! -e tree/run/state
	done
	for retry in 0 1 90 99999999 ''; do
		dracut_words root=blob:http://x/y rd.blob.insecure rd.retry=x "rd.retry=$retry"
		dracut_cmdline
		atf_check test -e tree/run/state
	done
}

atf_init_test_cases() {
	atf_add_test_case where_dracut_cannot_go_on_the_boot_ends_with_a_line
	atf_add_test_case a_shell_that_was_asked_for_is_no_failure
	atf_add_test_case what_has_been_said_and_what_is_not_ours_is_not_said
	atf_add_test_case an_rd_retry_that_is_no_number_is_refused
}
