#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# The engine has given up its rights before the first byte of the network comes, and works without them.
# shellcheck disable=SC2119,SC2154 # what kernel.sh sets

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/kernel.sh
. "$support/kernel.sh"

# ./statuses: what /proc says of each engine that runs for the fake kernel, in ./rights.
rights_script() {
	cat >statuses <<-'EOF'
		#!/bin/sh
		for dir in /proc/[0-9]*; do
			if grep -q "^PPid:.$PPID\$" "$dir/status" && tr '\0' ' ' <"$dir/cmdline" | grep -q '^blobrootd engine '; then
				cat "$dir"/task/*/status
			fi
		done 2>/dev/null | tr '\t' ' ' | grep -E '^(Uid|CapEff|NoNewPrivs|Seccomp):' | sort | uniq -c >rights
	EOF
	chmod 755 statuses
}

atf_test_case no_right_is_left_before_the_first_byte_comes
no_right_is_left_before_the_first_byte_comes_body() {
	kernel_serve
	rights_script
	# Nobody answers there: not a byte has come.
	url=http://127.0.0.1:1
	kernel_run <<-EOF
		log *no connection to the server*
		sh exec ./statuses
	EOF
	for right in 'CapEff: 0000000000000000' 'NoNewPrivs: 1' 'Seccomp: [23]'; do
		atf_check -o ignore grep "^ *[1-9] $right\$" rights
	done
	# Tests may run as any user, who stays that; root does not.
	[ "$(id -u)" -ne 0 ] || atf_check -o ignore grep '^ *[1-9] Uid: 65533 65533 65533 65533$' rights
	atf_check -o inline:'4\n' sh -c 'wc -l <rights'
}

atf_test_case names_resolve_in_a_thread_without_rights
names_resolve_in_a_thread_without_rights_body() {
	kernel_serve
	url=http://localhost:${url##*:}
	kernel_run <<-EOF
		ready
		open image
		scan 1 128K
	EOF
}

atf_test_case an_engine_that_cannot_give_up_its_rights_does_not_start
an_engine_that_cannot_give_up_its_rights_does_not_start_body() {
	# Root without the right to drop rights; other users as root of a namespace that has no other user.
	hinder='setpriv --bounding-set -setpcap'
	[ "$(id -u)" -eq 0 ] || hinder='unshare -r'
	export BLOBROOT_LOG_STDERR=1
	# shellcheck disable=SC2086 # a command and its options
	atf_check -s exit:111 -e match:'^blobroot: engine: cannot give up its rights: (bounding set|user): ' \
		$hinder "$kernel_blobrootd" engine --device 0 --notices 1 --counters -1 --home -1 --kmsg -1 --console -1 \
		root=blob:http://127.0.0.1:1/x.erofs rd.blob.insecure
}

atf_init_test_cases() {
	atf_add_test_case no_right_is_left_before_the_first_byte_comes
	atf_add_test_case names_resolve_in_a_thread_without_rights
	atf_add_test_case an_engine_that_cannot_give_up_its_rights_does_not_start
}
