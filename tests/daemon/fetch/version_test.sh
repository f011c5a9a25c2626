#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# A blob that is replaced on the server is noticed, and two versions are never mixed.
# shellcheck disable=SC2119,SC2154 # what kernel.sh sets

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/kernel.sh
. "$support/kernel.sh"

changed='it was replaced on the server: another size, ETag or date than at the start of this boot: reads of what is not here yet fail'

atf_test_case another_etag_fails_the_reads_of_what_is_missing
another_etag_fails_the_reads_of_what_is_missing_body() {
	kernel_serve
	kernel_run <<-EOF
		ready
		open image
		read 1 1M 128K
		wait
		sh ./fault etag=v2
		read 1 2M 128K
		read 1 3M 4K
		wait all eio
		log *: $changed
		read 1 1M 128K
		wait
		# One old and one new server behind a balancer: what is of the right version is good.
		sh ./fault
		read 1 2M 4K
		wait
	EOF
}

atf_test_case a_file_replaced_by_another_is_not_mixed_in
a_file_replaced_by_another_is_not_mixed_in_body() {
	kernel_serve
	kernel_blob www/y.erofs 4194304 2
	kernel_run <<-EOF
		ready
		open image
		read 1 1M 128K
		wait
		sh mv www/y.erofs www/x.erofs
		read 1 2M 128K
		wait all eio
		read 1 1M 128K
		wait
		log *: $changed
	EOF
	# If-Range has the server say so with the first byte.
	atf_check -o ignore grep ' 200 ' log
}

# Without any validator, and with a weak one, the size alone can tell.
atf_test_case another_size_is_noticed_without_an_etag
another_size_is_noticed_without_an_etag_body() {
	kernel_serve
	httpd_fault no-etag
	kernel_run <<-EOF
		ready
		open image
		read 1 1M 128K
		wait
		sh truncate -s +4096 www/x.erofs
		read 1 2M 128K
		wait all eio
		log *: $changed
	EOF
}

atf_test_case a_weak_etag_is_compared_but_never_sent
a_weak_etag_is_compared_but_never_sent_body() {
	kernel_serve
	httpd_fault etag=v1 weak-etag
	kernel_run <<-EOF
		ready
		open image
		scan 1 128K
		source image want.erofs
		open image other-volume
		wait
		sh ./fault etag=v2 weak-etag
		read 2 1M 128K
		wait all eio
		log *: $changed
	EOF
	sh -c '! grep " 200 " log' || atf_fail "If-Range with a weak ETag gets the whole file"
}

atf_test_case a_changed_sibling_does_not_fail_the_image
a_changed_sibling_does_not_fail_the_image_body() {
	kernel_serve
	kernel_noise www/other 1000000
	kernel_run <<-EOF
		ready
		source other www/other
		open image
		open other
		wait
		sh ./fault etag=v2 path=/other
		read 2 128K 128K =other
		wait other eio
		scan 1 128K
	EOF
}

atf_test_case a_blob_replaced_between_two_engines_is_not_mixed_in
a_blob_replaced_between_two_engines_is_not_mixed_in_body() {
	kernel_serve
	kernel_blob www/y.erofs 4194304 2
	cp www/x.erofs www/other
	kernel_run <<-EOF
		ready
		source other want.erofs
		open image
		open other
		read 1 1M 128K
		read 2 1M 128K
		wait
		kill
		sh cp www/y.erofs www/other; mv www/y.erofs www/x.erofs
		start
		read 1 2M 128K
		read 2 2M 128K
		wait all eio
		read 1 1M 128K
		read 2 1M 128K
		wait
		log *: it was replaced on the server: *
	EOF
}

atf_init_test_cases() {
	atf_add_test_case another_etag_fails_the_reads_of_what_is_missing
	atf_add_test_case a_file_replaced_by_another_is_not_mixed_in
	atf_add_test_case another_size_is_noticed_without_an_etag
	atf_add_test_case a_weak_etag_is_compared_but_never_sent
	atf_add_test_case a_changed_sibling_does_not_fail_the_image
	atf_add_test_case a_blob_replaced_between_two_engines_is_not_mixed_in
}
