#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# initrd/lib/store.sh: how large the store is, and what stands in its way.
# shellcheck disable=SC1091,SC2016,SC2034,SC2119 # text for other shells; variables and functions of fake.sh

top=$(atf_get_srcdir)
until [ -e "$top/initrd/mkinitrd" ]; do top=$top/..; done
. "$top/tests/initrd/fake.sh"

# sizes FREE-KIB CACHE EXPECTED: EXPECTED is the store's size in KiB, or the reason for none.
sizes() {
	fake_root
	fake_memory "$1"
	fake_run 0 "store_size '$2' && echo \$store_kib || echo \"\$store_error\""
	atf_check -o inline:"$3\n" cat out
}

atf_test_case ram_takes_two_fifths_of_what_is_available
ram_takes_two_fifths_of_what_is_available_body() {
	sizes 1000000 ram 400000
	sizes 40960 ram 16384
	sizes 40957 ram 'too little memory: 39 MB available, two fifths of it for the store, which needs 16 MB'
}

atf_test_case a_size_is_taken_as_it_stands
a_size_is_taken_as_it_stands_body() {
	sizes 1000000 ram:64M 65536
	sizes 1000000 ram:64m 65536
	sizes 1000000 ram:20000K 20000
	sizes 1000000 ram:20000k 20000
	sizes 2000000 ram:1G 1048576
	sizes 1000000 ram:67108864 65536
	sizes 1000000 ram:25% 250000
	sizes 1000000 ram:100% 1000000
	sizes 1000000 ram:0064M 65536
}

atf_test_case a_size_that_does_not_fit_is_refused
a_size_that_does_not_fit_is_refused_body() {
	sizes 500000 ram:1G 'too little memory: 488 MB available, ram:1G needs 1024 MB'
	sizes 500000 ram:101% 'too little memory: 488 MB available, ram:101% needs 493 MB'
	sizes 500000 ram:15M 'ram:15M: too small: the store needs 16 MB'
	sizes 500000 ram:0 'ram:0: too small: the store needs 16 MB'
	sizes 500000 ram:999999999999G 'too little memory: 488 MB available, ram:999999999999G needs 1023999999998976 MB'
}

atf_test_case a_bad_size_is_named
a_bad_size_is_named_body() {
	for size in '' M 1T 64MB -5 0x10 1.5G 1234567890123 '6 4' '*'; do
		sizes 1000000 "ram:$size" "ram:$size: bad size: a number of bytes, or one with K, M, G or %"
	done
}

atf_test_case a_ram_store_is_made_and_mounted
a_ram_store_is_made_and_mounted_body() {
	fake_root
	: >made/dev/ram0
	fake_run 0 'store_open ram:64M'
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
			store_kib=$kib
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
	fake_run 0 'store_open /dev/vda1'
	fake_called "mount -t ext4 -o ro,user_xattr,noatime,nosuid,nodev,noexec $PWD/root/dev/vda1 $PWD/root/run/blobroot/store"
	atf_check -s exit:1 grep -e mke2fs -e brd root/calls
}

atf_test_case a_device_that_does_not_come_ends_the_boot
a_device_that_does_not_come_ends_the_boot_body() {
	fake_root
	fake_run 1 'wait_until() { shift; "$@"; }
		store_open /dev/vda1'
	fake_said '<3>blobroot: boot failed: store: /dev/vda1: no such device, and none came in 10 s'
}

atf_test_case a_device_without_ext4_ends_the_boot
a_device_without_ext4_ends_the_boot_body() {
	fake_root
	: >made/dev/vda1
	fake_run 1 'mount() { echo "mount: mounting x on y failed: Invalid argument"; return 1; }
		store_open /dev/vda1'
	fake_said '<3>blobroot: boot failed: store: /dev/vda1: cannot be mounted as ext4: Invalid argument'
}

atf_init_test_cases() {
	atf_add_test_case ram_takes_two_fifths_of_what_is_available
	atf_add_test_case a_size_is_taken_as_it_stands
	atf_add_test_case a_size_that_does_not_fit_is_refused
	atf_add_test_case a_bad_size_is_named
	atf_add_test_case a_ram_store_is_made_and_mounted
	atf_add_test_case a_ram_store_has_inodes_for_fifteen_volumes_and_they_cost_little
	atf_add_test_case a_device_of_the_users_is_never_formatted
	atf_add_test_case a_device_that_does_not_come_ends_the_boot
	atf_add_test_case a_device_without_ext4_ends_the_boot
}
