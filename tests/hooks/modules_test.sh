#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# The build of the on-demand modules: what it refuses, and what it leaves.

# A kernel's build directory in ./headers with these lines as its configuration.
headers() {
	mkdir -p headers
	touch headers/Makefile
	printf 'CONFIG_%s\n' "$@" >headers/.config
}

# check STATUS PATTERN: what hooks/modules/check says of ./headers.
check() {
	atf_check -s "exit:$1" -e "match:$2" "$(atf_get_srcdir)/../../../hooks/modules/check" headers 6.12.0-test
}

atf_test_case what_cannot_be_built_is_refused_before_anything_is_fetched
what_cannot_be_built_is_refused_before_anything_is_fetched_body() {
	check 1 'no headers: headers is missing: install linux-headers-6.12.0-test'
	headers EROFS_FS=y CACHEFILES=m FSCACHE=y
	check 1 'EROFS_FS is built into this kernel: a module cannot take its place'
	headers EROFS_FS=m FSCACHE=y
	check 1 'CACHEFILES is off in this kernel'
	headers EROFS_FS=m CACHEFILES=m
	check 1 'FSCACHE is off in this kernel'
	headers EROFS_FS=m CACHEFILES=m FSCACHE=y EROFS_FS_BACKED_BY_FILE=y
	check 1 'EROFS has no fscache backend in this kernel \(Linux 5.19 to 7.1.7 have it\)'
}

atf_test_case a_kernel_that_wants_signatures_gets_a_warning
a_kernel_that_wants_signatures_gets_a_warning_body() {
	headers EROFS_FS=m CACHEFILES=m FSCACHE=y CACHEFILES_ONDEMAND=n EROFS_FS_ONDEMAND=n MODULE_SIG_FORCE=y
	check 0 'warning: this kernel loads only modules signed with a key that it trusts'
}

atf_test_case a_kernel_without_a_source_package_is_told_of_SOURCE
a_kernel_without_a_source_package_is_told_of_SOURCE_body() {
	source_script=$(atf_get_srcdir)/../../../hooks/modules/source
	atf_check -s exit:1 -e match:'no source: not a kernel of this distribution.s packages; give SOURCE=' \
		"$source_script" 9.9.9-nobody
	atf_check -s exit:1 -e match:'SOURCE=/nowhere: no kernel source there' \
		env SOURCE=/nowhere "$source_script" 6.12.0
}

atf_test_case make_modules_needs_to_know_the_kernel
make_modules_needs_to_know_the_kernel_body() {
	atf_check -s exit:2 -o ignore -e match:'make modules: KVER=.. is missing' \
		make -C "$(atf_get_srcdir)/../../.." -o setup-build modules KVER=
}

atf_test_case the_modules_are_for_the_kernel_and_have_the_mode
the_modules_are_for_the_kernel_and_have_the_mode_body() {
	build=$(cd "$(atf_get_srcdir)/../.." && pwd)
	kver=$(cat "$build/kernel/cloud.kver")
	for module in cachefiles erofs; do
		atf_check -o save:vermagic modinfo -F vermagic "$build/modules/$kver/$module.ko"
		atf_check -o "inline:$kver\n" cut -d " " -f 1 vermagic
	done
	atf_check -o match:'cachefiles_ondemand_copen' nm "$build/modules/$kver/cachefiles.ko"
	atf_check -o match:'erofs_fscache_register_fs' nm "$build/modules/$kver/erofs.ko"
	# Built once: the same input is not built again.
	before=$(stat -c %Y.%i "$build/modules/$kver/erofs.ko")
	atf_check "$build/../hooks/modules/build" "$kver"
	atf_check -o "inline:$before\n" stat -c %Y.%i "$build/modules/$kver/erofs.ko"
	mkdir -p "dest/lib/modules/$kver"
	atf_check -o ignore "$build/../hooks/modules/install" "$PWD/dest" "$kver"
	atf_check test -f "dest/lib/modules/$kver/updates/cachefiles.ko"
	atf_check test -f "dest/lib/modules/$kver/updates/erofs.ko"
}

atf_init_test_cases() {
	atf_add_test_case what_cannot_be_built_is_refused_before_anything_is_fetched
	atf_add_test_case a_kernel_that_wants_signatures_gets_a_warning
	atf_add_test_case a_kernel_without_a_source_package_is_told_of_SOURCE
	atf_add_test_case make_modules_needs_to_know_the_kernel
	atf_add_test_case the_modules_are_for_the_kernel_and_have_the_mode
}
