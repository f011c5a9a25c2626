#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# What is said from time to time while somebody waits.
# shellcheck disable=SC2119,SC2154 # what kernel.sh sets

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/kernel.sh
. "$support/kernel.sh"

atf_test_case a_wait_for_a_first_answer_names_the_parameter_that_bounds_it
a_wait_for_a_first_answer_names_the_parameter_that_bounds_it_body() {
	unbounded='with no end set (rd.blob.contact=)'
	kernel_serve
	kernel_noise www/blob1 300000 2
	: >gate
	httpd_fault hold=gate
	kernel_run -- rd.blob.timeout=60 <<-EOF
		log blobroot: $url/x.erofs: waiting for the first answer: * s so far, 0 bytes fetched since the start, $unbounded
		sh rm gate
		ready
		source blob1 www/blob1
		sh : >gate; ./fault hold=gate path=/blob1
		open blob1
		log blobroot: $url/blob1: waiting for the first answer: * s so far, * bytes fetched since the start, $unbounded
		sh rm gate; ./fault status=503 count=1
		wait
		sh ./fault status=503 count=1
		open blob1 other-volume
		log blobroot: $url/blob1: the server answers 503 (Service Unavailable): trying again, $unbounded
		wait
	EOF
	# Nothing is said of an end where there is one.
	httpd_fault 'hold=gate path=/blob1'
	: >gate
	kernel_run -- rd.blob.contact=8 <<-EOF
		ready
		open blob1
		log blobroot: $url/blob1: waiting for the first answer: * s so far, * bytes fetched since the start
		log blobroot: $url/blob1: the server is silent: no answer in 8 s: it cannot be opened
		wait all eio
		sh rm gate; ./fault status=503 count=1
		open blob1 other-volume
		log blobroot: $url/blob1: the server answers 503 (Service Unavailable): trying again for 8 s
		wait
	EOF
}

atf_init_test_cases() {
	atf_add_test_case a_wait_for_a_first_answer_names_the_parameter_that_bounds_it
}
