#!/usr/bin/env atf-sh
# shellcheck shell=sh
# shellcheck source=tests/support/hosts.sh
# SPDX-License-Identifier: MIT
#
# Images made with stock tools, of every kind that mkfs.erofs makes today, read hard.
# shellcheck disable=SC2154 # what boot.sh sets

support=$(cd "$(atf_get_srcdir)/../support" && pwd)
# shellcheck source=tests/support/over.sh
. "$support/over.sh"

an_lz4hc_image_with_64_KiB_clusters_survives_parallel_and_random_readers_body() {
	. "$support/hosts.sh"
	turn_shared host_of_many_readers
	boot_has '^PARALLEL wrong=0$'
	boot_has '^PARALLEL wrong after random reads=0$'
	boot_has_not 'PARALLEL read .* failed'
}

# The kernel once zero-filled what a killed reader had not got, for all: eade54040384.
killed_readers_leave_the_page_cache_right_body() {
	. "$support/hosts.sh"
	turn_shared host_of_many_readers
	boot_has '^KILLED readers=[1-9][0-9]+ wrong=0$'
}

an_image_over_several_blobs_takes_them_from_beside_itself_body() {
	. "$support/hosts.sh"
	turn_shared host_of_two_blobs
	boot_has '^demo: all checksums right'
	atf_check -o match:'/blob1 ' cat log
	# Options of any mount hold for the root, which is an overlay.
	boot_has '^LAYOUT root: .*nodev,.*noatime'
}

atf_test_case mounts_of_one_domain_share_what_is_fetched
mounts_of_one_domain_share_what_is_fetched_body() {
	. "$support/hosts.sh"
	turn_shared host_of_two_blobs
	boot_has '^demo: all checksums right'
}

there_may_be_a_dozen_mounts_without_a_domain_body() {
	. "$support/hosts.sh"
	turn_shared host_of_two_blobs
	boot_has '^VOLUMES mounted=12$'
}

every_layout_that_mkfs_makes_is_read_right_body() {
	. "$support/hosts.sh"
	turn_shared host_of_two_blobs
	# Eight of them by four readers at once, with cachefiles, whose kernel we patch. With fuse natively, too.
	case $over_transport in cachefiles) only='' more=24 ;; fuse) only='^12-\|^beside' more=0 ;; esac
	layouts=$(grep -c "$only" "$boot_build/layouts/www/list")
	boot_has "^LAYOUT end: $layouts layouts"
	grep -a '^LAYOUT' console
	atf_check -s exit:1 -o empty grep -aE '^tree: wrong|^LAYOUT (no|.*: (not mounted|tree: .* [1-9][0-9]* wrong))' console
	atf_check -o inline:"$((layouts + more))\n" \
		grep -acE "^LAYOUT .*: tree: $(wc -l <"$boot_build/layouts/www/truth") files, 0 wrong" console
}

# Over fuse: native/images_test.
atf_test_case a_tenth_of_a_large_image_costs_less_than_fifteen_hundredths
a_tenth_of_a_large_image_costs_less_than_fifteen_hundredths_body() {
	. "$support/boot.sh"
	cp -a "$boot_build/images/demo.root" root
	rm -r root/data root/demo.md5
	mkdir root/bulk
	for i in $(seq 100 299); do
		head -c $((500000 + i * 1000)) /dev/urandom >"root/bulk/$i"
	done
	mkdir www
	atf_check -o ignore -e ignore mkfs.erofs www/bulk.erofs root
	boot_serve
	boot busybox-6.12 bulk.erofs 0 '^demo: done' ip=dhcp rd.blob.insecure demo.nocheck demo.run=tenth
	read_bytes=$(sed -n 's/^TENTH read=//p' console)
	fetched=$(awk '$2 == "/bulk.erofs" { sum += $5 } END { print sum }' log)
	size=$(stat -c %s www/bulk.erofs)
	echo "read $read_bytes, fetched $fetched of $size"
	atf_check test "$fetched" -ge "$read_bytes"
	atf_check test $((fetched * 100)) -lt $((size * 15))
}

atf_init_test_cases() {
	over 'cachefiles fuse fuse_on_7_3' an_lz4hc_image_with_64_KiB_clusters_survives_parallel_and_random_readers \
		killed_readers_leave_the_page_cache_right
	over 'cachefiles fuse' an_image_over_several_blobs_takes_them_from_beside_itself there_may_be_a_dozen_mounts_without_a_domain \
		every_layout_that_mkfs_makes_is_read_right
	atf_add_test_case mounts_of_one_domain_share_what_is_fetched
	atf_add_test_case a_tenth_of_a_large_image_costs_less_than_fifteen_hundredths
}
