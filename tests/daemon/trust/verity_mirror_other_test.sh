#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# Mirrors that are down, or have another version: the others serve.
# shellcheck disable=SC2119,SC2154 # what kernel.sh sets

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/verity.sh
. "$support/verity.sh"

atf_test_case a_first_mirror_that_is_down
a_first_mirror_that_is_down_body() {
	verity_serve_two
	good=$url url=http://127.0.0.1:1
	kernel_run <<-EOF
		ready
		open image
		scan 1 64K
		check failed == 0
	EOF
	atf_check_equal 0 "$(verity_lines 'this read fails')"
	url=$good
	rm www/x.erofs
	kernel_run <<-EOF
		ready
		open image
		scan 1 64K
	EOF
	rm www/x.erofs.verity
	kernel_run <<-EOF
		ready
		open image
		scan 1 64K
	EOF
	rm www/b/x.erofs
	verity_refuses 100 "$url/x.erofs: the server answers 404 (Not Found)*"
}

atf_test_case a_first_mirror_that_goes_down_later
a_first_mirror_that_goes_down_later_body() {
	verity_serve_two
	kernel_run -- rd.blob.timeout=30 <<-EOF
		ready
		open image
		scan 1 1M
		open image elsewhere
		wait
		sh rm www/x.erofs www/x.erofs.verity
		scan 2 64K
		open image again
		wait
		sh cp want.erofs www/x.erofs; rm www/b/x.erofs
		scan 3 64K
		check failed == 0
	EOF
}

atf_test_case a_first_mirror_that_is_silent_or_drips
a_first_mirror_that_is_silent_or_drips_body() {
	verity_serve_two
	for rule in silent rate=100; do
		httpd_fault "path=/x.erofs $rule"
		kernel_run -- rd.blob.timeout=6 <<-EOF
			ready
			open image
			scan 1 64K
			check failed == 0
		EOF
	done
}

atf_test_case a_mirror_with_a_newer_image
a_mirror_with_a_newer_image_body() {
	verity_serve_two
	# Larger, smaller, and of the same size.
	for bytes in 5000000 3000000 4194304; do
		kernel_blob www/new.erofs $bytes 2
		trusted=$root
		verity_format www/new.erofs www/new.verity
		root=$trusted
		cp www/new.erofs www/x.erofs
		cp www/new.verity www/x.erofs.verity
		kernel_run <<-EOF
			ready
			open image
			scan 1 64K
			check failed == 0
		EOF
		# In the middle of it all.
		cp want.erofs www/x.erofs
		cp www/b/x.erofs.verity www/x.erofs.verity
		kernel_run <<-EOF
			ready
			open image
			read 1 1M 64K
			wait
			sh cp www/new.erofs www/x.erofs; cp www/new.verity www/x.erofs.verity
			scan 1 64K
			check failed == 0
		EOF
	done
}

atf_test_case an_image_that_was_replaced_on_the_only_mirror
an_image_that_was_replaced_on_the_only_mirror_body() {
	verity_serve 1000000
	kernel_blob www/new.erofs 1000000 2
	cp www/new.erofs www/x.erofs
	verity_refuses 100 "$url/x.erofs: its first blocks are not what the root hash vouches for: *"
	cp want.erofs www/x.erofs
	kernel_run <<-EOF
		ready
		open image
		read 1 0 4K
		wait
		sh cp www/new.erofs www/x.erofs
		read 1 64K 4K
		read 1 128K 128K
		wait all eio
		sh cp want.erofs www/x.erofs
		scan 1 64K
	EOF
}

atf_init_test_cases() {
	atf_add_test_case a_first_mirror_that_is_down
	atf_add_test_case a_first_mirror_that_goes_down_later
	atf_add_test_case a_first_mirror_that_is_silent_or_drips
	atf_add_test_case a_mirror_with_a_newer_image
	atf_add_test_case an_image_that_was_replaced_on_the_only_mirror
}
