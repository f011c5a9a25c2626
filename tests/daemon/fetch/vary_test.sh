#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# Servers whose answers differ from request to request, or from what they say: replicas, encodings in name only, lies
# about the size.
# shellcheck disable=SC2034,SC2119,SC2154 # what verity.sh sets, and is told

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/verity.sh
. "$support/verity.sh"

atf_test_case replicas_with_other_etags_and_dates_are_one_where_there_is_a_root_hash
replicas_with_other_etags_and_dates_are_one_where_there_is_a_root_hash_body() {
	verity_serve
	verity_scans 'sides=2 face=0 seed=7 etag=other' 'sides=2 face=1 seed=9 no-etag header=Last-Modified:%20Tue,%2001%20Jul%202025%2000:00:00%20GMT'
	atf_check_equal 1 "$(grep '^log: .*x.erofs' out | grep -vc 'waiting for')"
	atf_check -o ignore grep '^log: .*: all of it is here' out
	atf_check_equal 0 "$(kernel_logged ' 200 ')"
}

atf_test_case replicas_with_other_etags_are_named_once_where_there_is_no_root_hash
replicas_with_other_etags_are_named_once_where_there_is_no_root_hash_body() {
	verity_serve
	kernel_trust=rd.blob.insecure
	verity_scans 'sides=2 face=0 seed=7 etag=other'
	atf_check_equal 1 "$(verity_lines 'two versions of it are behind one name: some answers have another size, ETag or date than at the start of this boot, and are not used')"
	atf_check_equal 0 "$(verity_lines 'trying again')"
}

atf_test_case an_encoding_in_name_only
an_encoding_in_name_only_body() {
	verity_serve 100000
	proven=$kernel_trust
	for name in '' %20 %20identity; do
		for kernel_trust in rd.blob.insecure "$proven"; do
			verity_scans "header=Content-Encoding:$name"
		done
	done
	for name in none aws-chunked gzip; do
		kernel_trust=rd.blob.insecure
		kernel_refuses 100 "the server sent it with a Content-Encoding that nobody asked for: $name" \
			"header=Content-Encoding:%20$name"
		# Where there is a root hash the bytes decide.
		kernel_trust=$proven
		verity_scans "header=Content-Encoding:%20$name"
	done
	# One that sends whole files, encoded: the encoding is the reason.
	for kernel_trust in rd.blob.insecure "$proven"; do
		kernel_refuses 100 'the server sent it with a Content-Encoding that nobody asked for: gzip' \
			'no-range header=Content-Encoding:%20gzip'
	done
	# Bytes that are encoded are wrong, and the encoding is named.
	gzip -n -9 <want.erofs >www/x.erofs
	httpd_fault 'path=/x.erofs header=Content-Encoding:%20gzip' 'path=/x.erofs.verity'
	verity_refuses 100 "$url/x.erofs: *: the server sent it with a Content-Encoding that nobody asked for: gzip"
}

atf_test_case a_mirror_that_lies_about_the_size_and_drips_beside_an_honest_one
a_mirror_that_lies_about_the_size_and_drips_beside_an_honest_one_body() {
	verity_serve_two
	proven=$kernel_trust
	for kernel_trust in "rd.blob.insecure rd.blob.mirror=$url/b/x.erofs" "$proven"; do
		for total in 999999488 131072; do
			verity_scans "path=/x.erofs total=$total drip=300"
		done
	done
}

atf_test_case a_cache_that_sends_whole_files_until_it_is_filled
a_cache_that_sends_whole_files_until_it_is_filled_body() {
	verity_serve
	proven=$kernel_trust
	for kernel_trust in rd.blob.insecure "$proven"; do
		verity_scans 'no-range count=1'
		verity_scans 'no-range count=3'
	done
	# Also after the boot has begun.
	kernel_run <<-EOF
		ready
		open image
		read 1 0 128K
		wait
		sh ./fault no-range count=2
		scan 1 128K
		check failed == 0
	EOF
}

atf_test_case a_redirect_to_another_target_for_each_range
a_redirect_to_another_target_for_each_range_body() {
	verity_serve
	proven=$kernel_trust
	for kernel_trust in rd.blob.insecure "$proven"; do
		: >log
		verity_scans redirect-range
		atf_check_equal 0 "$(verity_lines 'trying again')"
		# Some at once, until it is known.
		[ "$(kernel_logged ' 403 ')" -le 20 ] || atf_fail "$(kernel_logged ' 403 ') requests in vain"
	done
}

# The target is signed anew, here with its name, and the old one answers 403.
atf_test_case a_redirect_to_a_target_that_expires
a_redirect_to_a_target_that_expires_body() {
	verity_serve
	mkdir www/t1 www/t2
	cp www/x.erofs* www/t1
	cp www/x.erofs* www/t2
	httpd_fault 'path=/x.erofs redirect=/t1/x.erofs' 'path=/x.erofs.verity redirect=/t1/x.erofs.verity'
	kernel_run <<-EOF
		ready
		open image
		read 1 0 128K
		wait
		read 1 1M 128K
		wait
		sh rm -f faults/*; echo 'path=/x.erofs redirect=/t2/x.erofs' >faults/a; echo 'path=/t1 status=403' >faults/b
		read 1 2M 128K
		wait
		sh rm -r www/t1
		scan 1 128K
		check failed == 0
	EOF
	atf_check_equal 0 "$(verity_lines 'trying again')"
	atf_check_equal 0 "$(grep -c ' /x.erofs .* 206 ' log)"
}

atf_init_test_cases() {
	atf_add_test_case replicas_with_other_etags_and_dates_are_one_where_there_is_a_root_hash
	atf_add_test_case replicas_with_other_etags_are_named_once_where_there_is_no_root_hash
	atf_add_test_case an_encoding_in_name_only
	atf_add_test_case a_cache_that_sends_whole_files_until_it_is_filled
	atf_add_test_case a_redirect_to_another_target_for_each_range
	atf_add_test_case a_redirect_to_a_target_that_expires
	atf_add_test_case a_mirror_that_lies_about_the_size_and_drips_beside_an_honest_one
}
