#!/usr/bin/env atf-sh
# shellcheck shell=sh
# shellcheck source=tests/support/debian.sh
# SPDX-License-Identifier: MIT
#
# The Debian root from a server that does at random whatever the fault server can do, on a disk that is the store. The short
# form, with the demo root, is in boot/store_test.
# shellcheck disable=SC2154 # what debian.sh sets

support=$(cd "$(atf_get_srcdir)/../support" && pwd)

atf_test_case one_reply_in_ten_is_bad_in_every_known_way_and_all_comes_up
one_reply_in_ten_is_bad_in_every_known_way_and_all_comes_up_body() {
	. "$support/debian.sh"
	. "$support/faults.sh"
	truncate -s 400M disk
	atf_check -o ignore -e ignore mkfs.ext4 -q -L blobs disk
	debian_lan dracut-6.12
	httpd_serve --address 192.0.2.1 --port 8080
	guest_url=http://boot.lan:8080
	faults_each 10
	debian_direct "rd.blob.cache=LABEL=blobs" --drive "$PWD/disk"
	atf_check -o inline:'running\n' cat state
	debian_has 'all right' 'cd / && cat /var/lib/dpkg/info/lib*.md5sums | head -n 100 | md5sum --quiet -c && echo all right'
	bad=$(awk '$2 ~ /debian/ && $2 !~ /profile$/ && ($4 != 206 || $7 != "ok")' log | wc -l)
	echo "$bad bad replies of $(grep -c debian log)"
	atf_check test "$bad" -ge 20
	debian_ends poweroff 60
	debian_end_is_clean vda
	atf_check -o ignore -e ignore e2fsck -fn disk
	atf_check -o match:'^Filesystem state: +clean$' -e ignore dumpe2fs -h disk
}

atf_init_test_cases() {
	atf_add_test_case one_reply_in_ten_is_bad_in_every_known_way_and_all_comes_up
}
