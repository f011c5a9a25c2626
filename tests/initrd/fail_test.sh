#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# initrd/lib/{cmdline,log,fail}.sh: one line a fact, and the end of a boot that cannot go on.
# shellcheck disable=SC1091,SC2016,SC2034,SC2119 # text for other shells; variables and functions of fake.sh

top=$(atf_get_srcdir)
until [ -e "$top/initrd/mkinitrd" ]; do top=$top/..; done
. "$top/tests/initrd/fake.sh"

# ends STATUS WORDS CALLS: fail_boot under the command line WORDS; what is called is CALLS.
ends() {
	fake_root "$2"
	fake_run "$1" 'fail_boot "store: too small"'
	fake_said '<3>blobroot: boot failed: store: too small'
	atf_check -o inline:"$3" cat root/calls
}

atf_test_case without_a_word_init_ends_and_the_kernel_panics
without_a_word_init_ends_and_the_kernel_panics_body() {
	ends 1 'quiet' ''
	ends 1 'panic=5 rd.shell=0' ''
	ends 1 'rd.shell rd.shell=no' ''
	ends 1 'rd.shellx xrd.shell rdxshell' ''
}

atf_test_case rd_shell_gives_a_shell_and_then_ends
rd_shell_gives_a_shell_and_then_ends_body() {
	ends 1 'rd.shell' 'setsid cttyhack sh -i\n'
	ends 1 'panic=5 rd.shell=1 quiet' 'setsid cttyhack sh -i\n'
}

atf_test_case rd_emergency_says_what_comes_then
rd_emergency_says_what_comes_then_body() {
	ends 9 'rd.emergency=reboot' 'reboot -f\n'
	ends 9 'rd.shell rd.emergency=reboot' 'setsid cttyhack sh -i\nreboot -f\n'
}

atf_test_case rd_break_gives_a_shell_before_the_switch
rd_break_gives_a_shell_before_the_switch_body() {
	for words in rd.break 'quiet rd.break=pre-pivot'; do
		fake_root "$words"
		fake_run 0 'fail_break'
		fake_called 'setsid cttyhack sh -i'
		atf_check -o match:'The boot goes on when it ends' cat out
	done
	fake_root quiet rd.breaks
	fake_run 0 'fail_break'
	atf_check -o empty cat root/calls
}

atf_test_case a_second_failure_says_nothing
a_second_failure_says_nothing_body() {
	fake_root
	fake_run 1 'trap "fail_boot second" EXIT
		fail_boot first'
	fake_said '<3>blobroot: boot failed: first'
	atf_check -s exit:1 grep second root/dev/kmsg
}

atf_test_case what_is_not_printable_ASCII_becomes_a_question_mark
what_is_not_printable_ASCII_becomes_a_question_mark_body() {
	fake_root quiet
	echo 4 4 1 7 >made/proc/sys/kernel/printk
	fake_run 0 'log_say "$(printf "a\033[2J\302\233b\nc~ d")"'
	fake_said '<5>blobroot: a?[2J??b?c~ d'
	atf_check -o inline:'blobroot: a?[2J??b?c~ d\n' cat root/dev/console
}

# shows PRINTK WORDS: how often a line comes on the console by itself, beside what the kernel log shows.
shows() {
	fake_root
	echo "$1" >made/proc/sys/kernel/printk
	[ -z "$3" ] || { mkdir -p made/sys/module/printk/parameters && echo "$3" >made/sys/module/printk/parameters/ignore_loglevel; }
	fake_run 0 'log_say "root is up"'
	fake_said '<5>blobroot: root is up'
	atf_check -o inline:"$2" cat root/dev/console
	atf_check -o inline:'on\n' cat root/proc/sys/kernel/printk_devkmsg
}

atf_test_case a_line_reaches_the_console_once_even_with_quiet
a_line_reaches_the_console_once_even_with_quiet_body() {
	shows '7 4 1 7' '' ''
	shows '6 4 1 7' '' ''
	shows '5 4 1 7' 'blobroot: root is up\n' ''
	shows '4 4 1 7' 'blobroot: root is up\n' N
	shows '4 4 1 7' '' Y
}

atf_test_case without_a_kernel_log_the_console_has_the_line
without_a_kernel_log_the_console_has_the_line_body() {
	fake_root
	rm made/dev/kmsg
	mkdir made/dev/kmsg
	fake_run 0 'log_say "root is up"'
	atf_check -o inline:'blobroot: root is up\n' cat root/dev/console
}

atf_test_case the_last_word_of_a_kind_counts
the_last_word_of_a_kind_counts_body() {
	fake_root 'init=/a  ip=eth0:dhcp	init=/b ip=eth1:dhcp rdxbreak=1 init= init=/c=d'
	fake_run 0 'cmdline_get init; cmdline_all ip; cmdline_get rd.break || echo none; cmdline_get ini || echo none'
	atf_check -o inline:'/c=d\neth0:dhcp\neth1:dhcp\nnone\nnone\n' cat out
}

atf_test_case what_cannot_be_made_or_moved_ends_the_boot
what_cannot_be_made_or_moved_ends_the_boot_body() {
	fake_machine
	fake_run 1 'home_programs=$blob_prefix/bin
		cp() { echo "cp: write error: No space left on device"; return 1; }
		home_make'
	fake_said '<3>blobroot: boot failed: home: /run/blobroot/home cannot be made: No space left on device'
	fake_run 1 'mount() { echo "mount: mounting tmpfs on x failed: Cannot allocate memory"; return 1; }
		home_make'
	fake_said '<3>blobroot: boot failed: home: /run/blobroot/home cannot be made: Cannot allocate memory'
	fake_run 1 'root_say_up() { :; }
		mount() { echo "mount: mounting x on y failed: Invalid argument"; return 1; }
		root_switch'
	fake_said '<3>blobroot: boot failed: root: /run cannot be moved to it: Invalid argument'
	: >made/dev/ram0
	fake_run 1 'dd() { echo "dd: writing: Input/output error"; return 1; }
		store_open_ram'
	fake_said '<3>blobroot: boot failed: store: the RAM disk cannot be written to: Input/output error'
}

atf_init_test_cases() {
	atf_add_test_case what_cannot_be_made_or_moved_ends_the_boot
	atf_add_test_case without_a_word_init_ends_and_the_kernel_panics
	atf_add_test_case rd_shell_gives_a_shell_and_then_ends
	atf_add_test_case rd_emergency_says_what_comes_then
	atf_add_test_case rd_break_gives_a_shell_before_the_switch
	atf_add_test_case a_second_failure_says_nothing
	atf_add_test_case what_is_not_printable_ASCII_becomes_a_question_mark
	atf_add_test_case a_line_reaches_the_console_once_even_with_quiet
	atf_add_test_case without_a_kernel_log_the_console_has_the_line
	atf_add_test_case the_last_word_of_a_kind_counts
}
