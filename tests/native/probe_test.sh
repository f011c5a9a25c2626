#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# `blobrootd probe`: which transport works on the kernel that runs.
# shellcheck disable=SC2119,SC2154 # what native.sh sets

support=$(cd "$(atf_get_srcdir)/../support" && pwd)
# shellcheck source=tests/support/native.sh
. "$support/native.sh"

# probe WORD..: its answer is in ./out, what it says on the console in ./said.
probe() {
	atf_check -o save:out -e save:said env BLOBROOT_LOG_STDERR=1 "$native_blobrootd" probe root=blob:http://h/x "$@"
}

probe_refuses() {
	why=$1
	shift
	atf_check -s exit:100 -e save:said "$native_blobrootd" probe root=blob:http://h/x "$@"
	atf_check -o ignore grep -xe "$why" said
	atf_check_equal 1 "$(wc -l <said)"
}

atf_test_case what_works_is_taken_and_the_other_named_with_its_reason
what_works_is_taken_and_the_other_named_with_its_reason_body() {
	# Where nobody has built the modules for cachefiles.
	mount --bind /dev/null /dev/cachefiles 2>/dev/null
	probe
	printf '%s\n' "blob_transport='fuse'" "blob_cache='page'" "blob_has_store=''" "blob_free_kib='N'" "blob_ram_kib='0'" "blob_ram_instead_kib='N'" >want
	atf_check -o file:want sed "s/\(free\|instead\)_kib='[1-9][0-9]*'/\1_kib='N'/" out
	atf_check_equal 1 "$(wc -l <said)"
	atf_check -o ignore grep -xe \
		'blobroot: transport: fuse, because others do not work here: cachefiles: kernel: .*' said
}

atf_test_case it_leaves_nothing_behind
it_leaves_nothing_behind_body() {
	cat /proc/mounts >before
	probe rd.blob.transport=fuse
	atf_check cmp before /proc/mounts
	atf_check test ! -e /run/blobroot
	native_until native_are_gone
}

atf_test_case a_transport_that_is_named_and_does_not_work_is_an_error
a_transport_that_is_named_and_does_not_work_is_an_error_body() {
	mount --bind /dev/null /dev/cachefiles 2>/dev/null
	probe_refuses 'rd.blob.transport=cachefiles: kernel: .*' rd.blob.transport=cachefiles
	mount --bind /dev/null /dev/fuse
	probe_refuses 'rd.blob.transport=fuse: kernel: .*' rd.blob.transport=fuse
	probe_refuses 'transport: none works here: cachefiles: kernel: .*; fuse: kernel: .*\. Either is a way out: a kernel from Linux 6.12 on, or modules with on-demand mode'
}

atf_test_case what_a_transport_cannot_do_is_refused
what_a_transport_cannot_do_is_refused_body() {
	probe_refuses 'rd.blob.cache=ram:1k: too small: the store needs 16 MB' rd.blob.transport=fuse rd.blob.cache=ram:1k
	probe rd.blob.transport=fuse rd.blob.cache=ram:20m
	atf_check -o ignore grep -x "blob_ram_kib='20480'" out
	probe rd.blob.transport=fuse rd.blob.cache=/dev/vda
	atf_check -o ignore grep -x "blob_has_store='disk'" out
	probe_refuses 'rd.blob.complete=: .*' rd.blob.transport=fuse rd.blob.complete=1m
	probe_refuses 'rd.blob.transport=pigeon: is none of auto, cachefiles, fuse' rd.blob.transport=pigeon
}

atf_init_test_cases() {
	atf_add_test_case what_works_is_taken_and_the_other_named_with_its_reason
	atf_add_test_case it_leaves_nothing_behind
	atf_add_test_case a_transport_that_is_named_and_does_not_work_is_an_error
	atf_add_test_case what_a_transport_cannot_do_is_refused
}
