#!/usr/bin/env atf-sh
# shellcheck shell=sh
# shellcheck source=tests/support/hosts.sh
# SPDX-License-Identifier: MIT
#
# The engine, which parses what the network sends, has no rights to lose.
# shellcheck disable=SC2154 # what boot.sh sets

support=$(cd "$(atf_get_srcdir)/../support" && pwd)
# shellcheck source=tests/support/over.sh
. "$support/over.sh"

# Each line of this kind, and there is one, is this.
rights_are() {
	boot_has "^RIGHTS $1:"
	grep -a "^RIGHTS $1:" console | grep -vx "RIGHTS $1:$2" >others
	atf_check cat others
}

the_engine_has_no_user_no_group_no_capability_and_few_system_calls_body() {
	. "$support/hosts.sh"
	turn_shared host_in_trouble
	boot_has '^RIGHTS done$'
	rights_are Uid ' 65533 65533 65533 65533'
	rights_are Gid ' 65533 65533 65533 65533'
	rights_are Groups ''
	for set in Inh Prm Eff Bnd Amb; do rights_are "Cap$set" ' 0000000000000000'; done
	rights_are NoNewPrivs ' 1'
	rights_are Seccomp ' 2'
	boot_has '^RIGHTS its /proc belongs to 0:0$'
	boot_has '^RIGHTS core 0 '
	boot_has '^RIGHTS root /run/blobroot/home$'
	boot_has_not '^RIGHTS (could write|the engine is the old one)'
	# The device, the keeper, the log, and what it has opened since: no directory, no counters, no program.
	boot_has "^RIGHTS holds /dev/$over_transport\$"
	# With cachefiles it has the store's files, as the kernel names them.
	grep -a '^RIGHTS holds' console | sort -u | grep -vE \
		" (/dev/(null|kmsg|console|$over_transport)|socket|anon_inode|\[($over_transport|eventpoll|eventfd)\])" >held
	atf_check cat held
}

a_forbidden_system_call_ends_the_engine_and_readers_do_not_notice_body() {
	. "$support/hosts.sh"
	turn_shared host_in_trouble
	# What it may do shows that it did what it was made to do.
	boot_has '^FORBIDDEN forbid: connect: returned [0-9]+$'
	for what in execve netlink write 32-bit-fork; do boot_has "^FORBIDDEN forbid: $what: killed by signal 31\$"; done
	boot_has '^FORBIDDEN wrong=0$'
	boot_has_not '^FORBIDDEN a read failed'
	atf_check -o inline:'4\n' grep -acE \
		'blobroot: engine: killed by signal 31 \(it made a forbidden system call\): the next one takes over' console
}

atf_init_test_cases() {
	over 'cachefiles fuse' the_engine_has_no_user_no_group_no_capability_and_few_system_calls \
		a_forbidden_system_call_ends_the_engine_and_readers_do_not_notice
}
