#!/usr/bin/env atf-sh
# shellcheck shell=sh
# shellcheck source=tests/support/boot.sh
# SPDX-License-Identifier: MIT
#
# Debian 13 from a store on a disk: what the second boot fetches, and a third one without a server. (boot/store_test shows the
# same of the demo root, of which all is there then, and without a link.)
# shellcheck disable=SC2154 # what boot.sh sets

support=$(cd "$(atf_get_srcdir)/../support" && pwd)
# shellcheck source=tests/support/over.sh
. "$support/over.sh"

debian_is_at_its_login_again_without_a_server_body() {
	. "$support/boot.sh"
	boot_by_newer_qemu
	boot_serve
	ln -s "$boot_build/images/debian.erofs" "$boot_build/images/debian.erofs.verity" www/
	truncate -s 1G disk
	atf_check -o ignore -e ignore mkfs.ext4 -q -L blobs disk
	boot_proof=rd.blob.roothash=$(cat "$boot_build/images/debian.erofs.roothash")
	for round in first second third; do
		: >log
		boot_options="--drive $PWD/disk --mem 1200"
		[ $round != third ] || kill "$server"
		boot "$over_flavour" debian.erofs 0 'login:' ip=dhcp "$boot_proof" rd.blob.cache=LABEL=blobs
		awk '/debian/ { sum += $5 } END { print sum + 0 }' log >"$round"
		echo "$round: $(cat "$round") bytes; $(grep -ao 'root is up.*' console)"
	done
	atf_check test "$(cat first)" -gt 10000000
	atf_check test "$(cat second)" -lt 300000
}

atf_init_test_cases() {
	over 'cachefiles fuse' debian_is_at_its_login_again_without_a_server
}
