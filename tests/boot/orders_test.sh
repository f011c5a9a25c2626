#!/usr/bin/env atf-sh
# shellcheck shell=sh
# shellcheck source=tests/support/boot.sh
# SPDX-License-Identifier: MIT
#
# Mount, engine and keeper end in orders that have crashed kernels: none is to be heard of it. 60 rounds of each in the long
# form, 6 in the short one.
# shellcheck disable=SC2154 # what boot.sh sets

support=$(cd "$(atf_get_srcdir)/../support" && pwd)
# shellcheck source=tests/support/over.sh
. "$support/over.sh"

no_order_of_death_is_too_much_for_the_kernel_body() {
	. "$support/boot.sh"
	. "$support/long.sh"
	rounds=$(long_or_short 60 6)
	mkdir -p www tree/files add
	head -c 24M /dev/urandom | split -b 500K -a 3 -d - tree/files/
	atf_check -o ignore "$boot_top/images/mkimage" --all-root --compress none tree www/orders.erofs
	boot_serve
	httpd_fault delay=5
	cp "$boot_top/tests/boot/orders/init" add/orders-init
	(cd add && find . | cpio -o -H newc --quiet) >add.cpio
	cat "$(boot_initrd_of "$over_flavour")" add.cpio >initrd
	case $over_transport in cachefiles) objects=cachefiles_object_jar ;; fuse) objects=fuse_inode,fuse_request ;; esac
	boot_initrd=$PWD/initrd boot_options='--mem 768 --timeout 1500'
	boot "$over_flavour" orders.erofs 0 "^ORDERS done over $over_transport" rdinit=/orders-init \
		"rd.blob.roothash=$(cat www/orders.erofs.roothash)" "slub_debug=FZPU,$objects" orders.rounds="$rounds"
	boot_has "^ORDERS mounts while the daemon exits: $rounds, some failed: 1"
	boot_has "^ORDERS exits while objects are used: $rounds"
	boot_has "^ORDERS unmounts while a fill is written: $rounds"
	boot_has_not '^ORDERS no '
}

atf_init_test_cases() {
	over 'cachefiles fuse_on_7_3' no_order_of_death_is_too_much_for_the_kernel
}
