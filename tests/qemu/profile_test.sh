#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# images/mkprofile boots an image, and what that has read the next boot has before it asks.
# shellcheck disable=SC1091,SC2016,SC2154 # text for the guest's shell; what boots.sh sets

atf_test_case a_boot_teaches_the_next_one
a_boot_teaches_the_next_one_body() {
	. "$(atf_get_srcdir)/../support/boots.sh"
	boots_tree root 'cat /data/*5 >/dev/null; echo "the init is up"; while :; do sleep 1000; done'
	mkdir root/data
	for name in $(seq 100 199); do head -c 30000 /dev/urandom >"root/data/$name"; done
	atf_check -o ignore -e ignore "$boots_top/images/mkimage" root x.erofs
	turn_take
	atf_check -o ignore -e ignore "$boots_top/images/mkprofile" x.erofs x.erofs.profile --expect 'the init is up' --timeout 300 6>&-
	listed=$(awk '/^[0-9]/ { sum += $2 } END { print sum * 4096 }' x.erofs.profile)
	echo "$listed bytes of $(stat -c %s x.erofs)"
	# Ten files of a hundred, BusyBox, and what EROFS reads beside them.
	atf_check test "$listed" -gt 300000 -a "$listed" -lt 2500000
	boots 0 x.erofs --transport fuse --expect 'the init is up' --run 'exec "/proc/$(cat /run/blobroot/keeper.pid)/exe" status'
	cat out
	atf_check -o match:'^profile=(used|over)$' grep '^profile=' out
	ahead=$(sed -n 's/^ahead=//p' out) used=$(sed -n 's/^used=//p' out)
	# What was asked for before the profile came is not ahead.
	atf_check test $((ahead * 10)) -ge $((listed * 3))
	atf_check test $((used * 10)) -ge $((ahead * 8))
}

atf_init_test_cases() {
	atf_add_test_case a_boot_teaches_the_next_one
}
