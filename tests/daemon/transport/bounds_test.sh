#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# A mount that wants more objects and blobs than the tables hold: it is refused, and the others go on.
# shellcheck disable=SC2119,SC2154 # what kernel.sh sets

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/kernel.sh
. "$support/kernel.sh"

atf_test_case one_blob_more_than_the_keeper_can_remember_is_refused
one_blob_more_than_the_keeper_can_remember_is_refused_body() {
	kernel_serve
	{
		printf '%s\n' ready 'open image' wait
		# The image is the first of 64.
		for i in $(seq 1 63); do
			kernel_noise "www/blob$i" 5000 "$i"
			printf '%s\n' "source blob$i www/blob$i" "open blob$i"
		done
		printf '%s\n' wait 'open one-more' 'wait all eio' 'log *device one-more: cannot be opened: *' \
			'scan 64 4K' 'scan 1 1M'
	} >commands
	kernel_run <commands
}

atf_test_case one_object_more_than_the_engine_holds_is_refused
one_object_more_than_the_engine_holds_is_refused_body() {
	kernel_serve 65536
	{
		echo ready
		for i in $(seq 1 1024); do echo "open image volume-$i"; done
		printf '%s\n' wait 'open image one-more' 'wait all eio' 'log *x.erofs: cannot serve it: *' \
			'close 7' settle 'open image one-more' wait 'scan 1024 4K'
	} >commands
	kernel_run <commands
}

atf_init_test_cases() {
	atf_add_test_case one_blob_more_than_the_keeper_can_remember_is_refused
	atf_add_test_case one_object_more_than_the_engine_holds_is_refused
}
