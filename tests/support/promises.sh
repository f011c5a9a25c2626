# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# For atf-sh tests: the image that the script of promises reads.
#
# Flow: tests/daemon/promises_test.sh and hosts.sh source it.

# promises_image FILE: an uncompressed EROFS image with one file of 256 KiB, `data`, each block of it another.
promises_image() {
	mkdir promises.tree
	awk 'BEGIN { print "the file begins here"; for (i = 0; i < 40000; i++) print "line", i }' | head -c 262144 >promises.tree/data
	atf_check -o ignore -e ignore mkfs.erofs -T0 -U 00000000-0000-0000-0000-000000000001 "$1" promises.tree
}
