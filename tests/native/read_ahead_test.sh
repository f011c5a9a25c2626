#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# What read-ahead costs, bytes and time while the server is away, and what a small store in memory saves. Nobody else may empty
# the page cache meanwhile.
# shellcheck disable=SC2119,SC2154 # what native.sh sets

support=$(cd "$(atf_get_srcdir)/../support" && pwd)
# shellcheck source=tests/support/native.sh
. "$support/native.sh"

# EROFS and the engine read ahead beyond the end of each file that is read. Over cachefiles: boot/images_test.
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

# For each page that it reads ahead, the kernel looks in the file's index. That is not here, so each look is a request, one after
# another.
atf_test_case a_read_waits_once_however_many_requests_it_is
a_read_waits_once_however_many_requests_it_is_body() {
	mkdir -p www tree
	seq 4000000 >tree/large
	native_image x.erofs -zlz4hc -C4096
	native_serve
	native_mount mnt rd.blob.timeout=8
	native_away
	since=$(date +%s)
	atf_check -s not-exit:0 -o ignore -e match:'Input/output error' cat "$file"
	took=$(($(date +%s) - since))
	asked=$(native_status mnt failed)
	kill -CONT "$server"
	echo "$asked requests in $took s"
	atf_check test "$asked" -ge 4
	# If each of them waited, it would be 32 s at least.
	atf_check test "$took" -lt 24
}

atf_test_case what_does_not_fit_in_memory_is_fetched_again_and_right
what_does_not_fit_in_memory_is_fetched_again_and_right_body() {
	mkdir -p www tree
	kernel_noise tree/one 40000000 1
	native_image x.erofs
	native_serve
	native_mount mnt rd.blob.cache=ram:16m
	atf_check cmp tree/one mnt/one
	first=$(native_status mnt fetched)
	for _ in 1 2; do
		native_cold
		atf_check cmp tree/one mnt/one
	done
	# 16 of 40 MB stay, and a little is for a table.
	again=$((($(native_status mnt fetched) - first) / 2))
	echo "first $first, again $again"
	atf_check test "$again" -lt $((first * 65 / 100))
	atf_check test "$again" -gt $((first * 50 / 100))
}

atf_init_test_cases() {
	atf_add_test_case a_tenth_of_a_large_image_costs_less_than_seventeen_hundredths
	atf_add_test_case a_read_waits_once_however_many_requests_it_is
	atf_add_test_case what_does_not_fit_in_memory_is_fetched_again_and_right
}
