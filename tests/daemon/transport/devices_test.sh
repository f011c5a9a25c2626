#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# Several objects at once: blobs beside the image, and volumes that share them.
# shellcheck disable=SC2119,SC2154 # what kernel.sh sets

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/kernel.sh
. "$support/kernel.sh"

atf_test_case blobs_beside_the_image_are_fetched_by_their_key
blobs_beside_the_image_are_fetched_by_their_key_body() {
	kernel_serve
	mkdir -p www/dir
	mv www/x.erofs www/dir/
	kernel_noise www/dir/blob1 300000 2
	kernel_noise 'www/dir/a b+c%41' 300000 3
	kernel_run -- "root=blob:$url/dir/x.erofs" <<-EOF
		ready
		source blob1 www/dir/blob1
		sh ln 'www/dir/a b+c%41' odd
		source a%20b+c%2541 odd
		open image
		open blob1
		open a%20b+c%2541
		wait
		random 1 50 1 64K
		random 2 50 1 64K
		random 3 50 1 64K
		ports 3
	EOF
}

atf_test_case objects_of_a_shared_domain_are_served
objects_of_a_shared_domain_are_served_body() {
	kernel_serve
	kernel_noise www/blob1 300000 2
	kernel_run <<-EOF
		ready
		source blob1 www/blob1
		open image erofs,my-domain
		open blob1 erofs,my-domain
		open blob1 erofs,other-domain
		scan 1 128K
		scan 2 128K
		scan 3 128K
	EOF
}

atf_test_case a_blob_that_is_missing_is_refused
a_blob_that_is_missing_is_refused_body() {
	kernel_serve
	kernel_run <<-EOF
		ready
		open missing
		wait all eio
		log blobroot: $url/missing: the server answers 404 (Not Found): it cannot be opened
		ports 0
		open image
		wait
		scan 2 128K
		ports 1
	EOF
	atf_check -o ignore grep -x 'open 1 No such file or directory' out
}

atf_test_case an_empty_blob_is_refused
an_empty_blob_is_refused_body() {
	kernel_serve
	: >www/empty
	kernel_run <<-EOF
		ready
		open empty
		wait all eio
		log *: it is empty: it cannot be opened
		ports 0
		sh ./fault path=/empty status=416 content-range=bytes%20*/0
		open empty
		wait all eio
		log *: it is empty: it cannot be opened
		ports 0
	EOF
}

atf_test_case objects_come_and_go
objects_come_and_go_body() {
	kernel_serve
	{
		echo ready
		for i in $(seq 1 60); do
			kernel_noise "www/blob$i" $((i * 5000)) "$i"
			printf '%s\n' "source blob$i www/blob$i" "open blob$i" "read $i 0 8K"
		done
		printf '%s\n' wait 'ports 60'
		for i in $(seq 1 2 60); do
			echo "close $i"
		done
		printf '%s\n' 'ports 30' 'random 60 20 1 16K' 'open blob1' 'scan 61 4K' 'ports 31'
	} >commands
	kernel_run <commands
}

atf_test_case an_object_may_close_while_its_reads_are_under_way
an_object_may_close_while_its_reads_are_under_way_body() {
	kernel_serve
	kernel_run <<-EOF
		ready
		open image
		wait
		sh touch held && ./fault hold=held
		read 1 1M 128K
		read 1 1M 4K
		until grep -q '^HELD GET /x.erofs 10' log
		close 1
		ports 0
		open missing
		until grep -q '^HELD GET /missing' log
		close 2
		settle
		sh ./fault
		open image
		scan 3 128K
	EOF
}

atf_init_test_cases() {
	atf_add_test_case blobs_beside_the_image_are_fetched_by_their_key
	atf_add_test_case objects_of_a_shared_domain_are_served
	atf_add_test_case a_blob_that_is_missing_is_refused
	atf_add_test_case an_empty_blob_is_refused
	atf_add_test_case objects_come_and_go
	atf_add_test_case an_object_may_close_while_its_reads_are_under_way
}
