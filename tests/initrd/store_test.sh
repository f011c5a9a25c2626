#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# initrd/lib/store.sh: what stands in the store's way.
# shellcheck disable=SC1091,SC2016,SC2034,SC2119 # text for other shells; variables and functions of fake.sh

top=$(atf_get_srcdir)
until [ -e "$top/initrd/mkinitrd" ]; do top=$top/..; done
. "$top/tests/initrd/fake.sh"

atf_test_case a_ram_store_is_made_and_mounted
a_ram_store_is_made_and_mounted_body() {
	fake_root
	: >made/dev/ram0
	fake_run 0 'blob_ram_kib=65536; store_open_ram'
	fake_called 'modprobe -q brd rd_nr=1 rd_size=65536 max_part=0'
	fake_called "mount -t ext4 -o ro,user_xattr,noatime,nosuid,nodev,noexec $PWD/root/dev/ram0 $PWD/root/run/blobroot/store"
	atf_check -o ignore grep "^mke2fs .* $PWD/root/dev/ram0\$" root/calls
}

# BusyBox's mke2fs writes all inode tables, so that a sparse file takes as much as the RAM disk would.
atf_test_case a_ram_store_has_inodes_for_fifteen_volumes_and_they_cost_little
a_ram_store_has_inodes_for_fifteen_volumes_and_they_cost_little_body() {
	fake_root
	for kib in 16384 120000 2000000; do
		: >made/dev/ram0
		truncate -s ${kib}K made/dev/ram0
		fake_run 0 "mke2fs() { \"$busybox\" mke2fs \"\$@\"; }
			blob_ram_kib=$kib
			store_make_ram || echo \"\$store_error\""
		atf_check -o empty cat out
		inodes=$(env PATH="$PATH:/usr/sbin:/sbin" dumpe2fs -h root/dev/ram0 2>/dev/null | sed -n 's/^Inode count: *//p')
		atf_check test "$inodes" -ge $((15 * 257 + 100))
		atf_check test "$(du -k root/dev/ram0 | cut -f 1)" -le 1400
	done
}

atf_test_case a_device_of_the_users_is_never_formatted
a_device_of_the_users_is_never_formatted_body() {
	fake_root
	: >made/dev/vda1
	fake_run 0 'blob_has_store=both; store_open_disk /dev/vda1'
	fake_called "mount -o ro,noatime,nosuid,nodev,noexec $PWD/root/dev/vda1 $PWD/root/run/blobroot/store"
	atf_check -s exit:1 grep -e mke2fs -e brd root/calls
}

# Where the kernel needs files they are on a RAM disk then, for a second run of bring-up, too.
atf_test_case what_a_device_that_cannot_be_used_leads_to
what_a_device_that_cannot_be_used_leads_to_body() {
	fake_root
	: >made/dev/ram0
	missing='wait_until() { case $* in *disk_look*) return 1 ;; esac; shift; "$@"; }
		blob_cache=/dev/vda1 blob_ram_instead_kib=65536 daemon_probed=$blob_prefix/run/blobroot/probed'
	fake_run 0 "$missing blob_has_store=both; store_begin; echo \"\$blob_ram_kib\""
	fake_said '<3>blobroot: store: /dev/vda1: no such device, and none came in 10 s: going on with a store in memory'
	fake_called 'modprobe -q brd rd_nr=1 rd_size=65536 max_part=0'
	atf_check -o inline:'65536\n' cat out
	atf_check -o inline:'blob_cache=ram blob_has_store=ram blob_ram_kib=65536\n' cat root/run/blobroot/probed
	fake_run 0 "$missing blob_has_store=disk; store_begin"
	fake_said '<3>blobroot: store: /dev/vda1: no such device, and none came in 10 s: going on without it'
	: >made/dev/vda1
	fake_run 0 'mount() { echo "mount: mounting x on y failed: Invalid argument"; return 1; }
		store_open_disk /dev/vda1 || echo "$store_error"'
	atf_check -o inline:'store: /dev/vda1: cannot be mounted: Invalid argument\n' cat out
}

atf_init_test_cases() {
	atf_add_test_case a_ram_store_is_made_and_mounted
	atf_add_test_case a_ram_store_has_inodes_for_fifteen_volumes_and_they_cost_little
	atf_add_test_case a_device_of_the_users_is_never_formatted
	atf_add_test_case what_a_device_that_cannot_be_used_leads_to
}
