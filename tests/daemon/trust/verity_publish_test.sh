#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# A published image with its hash tree, root hash and signature: four files, of which two are small, and which a server
# does not get at the same moment.
# shellcheck disable=SC2119,SC2154 # what signed.sh sets

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/signed.sh
. "$support/signed.sh"

# All four files are shorter than the first request for an image.
atf_test_case small_files_are_had_however_a_server_answers_ranges
small_files_are_had_however_a_server_answers_ranges_body() {
	signed release 20000
	for rule in beyond=416 'beyond=416 content-range=bytes%20*/*' beyond=400 beyond=206 beyond=200 no-range chunked \
		'chunked no-range' shorten=16 'total=*' 'header=Content-Encoding:%20aws-chunked' \
		'sides=2 face=0 etag=other'; do
		httpd_fault "$rule"
		serves
	done
}

# Whatever of the new image is there later than the rest; at first some answers are still the old one's.
atf_test_case a_host_that_starts_in_the_middle_of_a_publication
a_host_that_starts_in_the_middle_of_a_publication_body() {
	signed release 1000000
	mkdir www/old
	mv www/x.erofs* www/old
	kernel_blob www/x.erofs 1000000 2
	cp www/x.erofs want.erofs
	verity_format www/x.erofs www/x.erofs.verity
	printf %s "$root" >www/x.erofs.roothash
	sign release
	# A path is a prefix, and the last rule counts: what is of .roothash alone would be of its signature, too.
	for late in .roothash.p7s '.roothash .roothash.p7s' .verity '.verity .roothash .roothash.p7s'; do
		set --
		for file in $late; do
			set -- "$@" "path=/x.erofs$file count=3 redirect=/old/x.erofs$file"
		done
		httpd_fault "$@"
		kernel_run --start -- rd.blob.contact=25 <<-EOF
			ready
			open image
			scan 1 128K
		EOF
	done
}

atf_init_test_cases() {
	atf_add_test_case small_files_are_had_however_a_server_answers_ranges
	atf_add_test_case a_host_that_starts_in_the_middle_of_a_publication
}
