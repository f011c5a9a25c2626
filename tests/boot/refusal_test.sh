#!/usr/bin/env atf-sh
# shellcheck shell=sh
# shellcheck source=tests/support/boot.sh
# SPDX-License-Identifier: MIT
#
# What cannot boot says why, in one line, and obeys rd.shell and panic=: where it takes a real kernel or a real disk to
# see it. The daemon's other refusals are in daemon/{fetch,keeper,trust}, and initrd's in initrd/{daemon,link,net}_test.
# shellcheck disable=SC2154 # what boot.sh sets

support=$(cd "$(atf_get_srcdir)/../support" && pwd)
# shellcheck source=tests/support/over.sh
. "$support/over.sh"

# refused LINE FLAVOUR IMAGE [WORD..]: the boot ends with this line, and in a panic (panic=-1), which is qemu/run's status 3.
refused() {
	boot_line=$1 boot_flavour=$2 boot_image=$3
	shift 3
	boot "$boot_flavour" "$boot_image" 3 '^never$' ip=dhcp rd.blob.insecure "$@"
	boot_fails_with "$boot_line"
	boot_has_not 'root is up'
}

on_demand='kernel: its erofs.ko lacks on-demand mode .CONFIG_EROFS_FS_ONDEMAND.: build the modules with .make modules KVER=[.][.]'

# Before it waits for a network.
atf_test_case a_transport_that_is_named_and_does_not_work_ends_the_boot_with_what_to_do
a_transport_that_is_named_and_does_not_work_ends_the_boot_with_what_to_do_body() {
	. "$support/boot.sh"
	boot_serve
	refused "rd.blob.transport=cachefiles: $on_demand" busybox-stock-6.12 demo.erofs rd.blob.transport=cachefiles
	boot_has_not 'blobroot: network:'
}

# Debian's kernels as they are: no store is left behind.
a_transport_that_does_not_work_is_passed_over_and_it_is_said_why_body() {
	. "$support/hosts.sh"
	turn_shared host_that_reads_all
	boot_has "blobroot: transport: fuse, because others do not work here: cachefiles: $on_demand"
	boot_has_not 'ram0|MB for the store'
}

atf_test_case a_compressed_image_is_refused_by_a_kernel_that_would_hang_on_it
a_compressed_image_is_refused_by_a_kernel_that_would_hang_on_it_body() {
	. "$support/boot.sh"
	boot_serve
	refused 'kernel: its on-demand EROFS hangs on compressed images' busybox-unpatched-6.12 demo.erofs rd.blob.transport=cachefiles
	# If nobody asks for it, it is not even tried.
	boot busybox-unpatched-6.12 demo.erofs 0 '^demo: done' ip=dhcp "$boot_proof" demo.every=10
	boot_has 'blobroot: transport: fuse, because others do not work here: cachefiles: kernel: its erofs.ko cannot have compressed'
	boot_has '^demo: all checksums right'
}

atf_test_case two_disks_of_one_label_end_the_boot
two_disks_of_one_label_end_the_boot_body() {
	. "$support/boot.sh"
	boot_serve
	truncate -s 200M disk
	atf_check -o ignore -e ignore mkfs.ext4 -q -L blobs disk
	cp disk other
	boot_options="--drive $PWD/disk --drive $PWD/other"
	refused 'store: LABEL=blobs: both /dev/vd[ab] and /dev/vd[ab] have it: name the device, or change one of them' \
		busybox-6.12 demo.erofs rd.blob.cache=LABEL=blobs
}

atf_test_case a_blob_beside_the_image_that_is_not_there_ends_the_boot
a_blob_beside_the_image_that_is_not_there_ends_the_boot_body() {
	. "$support/boot.sh"
	boot_serve
	ln -s "$boot_build/layouts/www/beside-trixie" www/
	refused 'mount: a blob beside the image cannot be opened: erofs: .*device gone cannot be opened' \
		busybox-6.12 beside-trixie rootflags=device=gone
	boot_has 'http://10.0.2.2:[0-9]*/gone: the server answers 404 \(Not Found\): it cannot be opened'
}

atf_test_case rd_shell_gives_a_shell_instead_of_a_panic
rd_shell_gives_a_shell_instead_of_a_panic_body() {
	. "$support/boot.sh"
	boot_serve
	boot busybox-7.3 none.erofs 0 'built-in shell .ash.' ip=dhcp rd.blob.insecure rd.shell
	boot_fails_with 'http.*/none.erofs: '
	boot_has_not 'Kernel panic'
}

atf_init_test_cases() {
	atf_add_test_case a_transport_that_is_named_and_does_not_work_ends_the_boot_with_what_to_do
	over 'fuse fuse_on_7_3' a_transport_that_does_not_work_is_passed_over_and_it_is_said_why
	atf_add_test_case a_compressed_image_is_refused_by_a_kernel_that_would_hang_on_it
	atf_add_test_case two_disks_of_one_label_end_the_boot
	atf_add_test_case a_blob_beside_the_image_that_is_not_there_ends_the_boot
	atf_add_test_case rd_shell_gives_a_shell_instead_of_a_panic
}
