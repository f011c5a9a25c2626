#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# What is fetched beside what is read. Nobody else may empty the page cache meanwhile: it would be fetched again.
# shellcheck disable=SC2154 # what native.sh sets

support=$(cd "$(atf_get_srcdir)/../support" && pwd)
# shellcheck source=tests/support/native.sh
. "$support/native.sh"

# The page cache reads ahead in the served file, too, beyond the end of each file that is read. Over cachefiles:
# boot/images_test.
atf_test_case a_tenth_of_a_large_image_costs_less_than_seventeen_hundredths
a_tenth_of_a_large_image_costs_less_than_seventeen_hundredths_body() {
	mkdir -p www tree mnt
	for i in $(seq 100 199); do
		head -c $((500000 + i * 1000)) /dev/urandom >"tree/$i"
	done
	atf_check -o ignore -e ignore mkfs.erofs www/x.erofs tree
	httpd_serve
	atf_check -e ignore "$native_blobrootd" mount-image --run "$PWD/mnt.run" "$url/x.erofs" mnt rd.blob.insecure
	for file in mnt/*0; do
		cmp "$file" "tree/${file#mnt/}" || atf_fail "it is not right: $file"
	done
	read_bytes=$(cat tree/*0 | wc -c)
	fetched=$(native_status mnt fetched)
	size=$(stat -c %s www/x.erofs)
	echo "read $read_bytes, fetched $fetched of $size"
	atf_check test "$fetched" -ge "$read_bytes"
	atf_check test $((fetched * 100)) -lt $((size * 17))
}

atf_init_test_cases() {
	atf_add_test_case a_tenth_of_a_large_image_costs_less_than_seventeen_hundredths
}
