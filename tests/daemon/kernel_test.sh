#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# The tests' fake kernel notices broken promises: a test that leans on it would else prove nothing.
# shellcheck disable=SC2119,SC2154 # what kernel.sh sets

support=$(cd "$(atf_get_srcdir)/../support" && pwd)
# shellcheck source=tests/support/kernel.sh
. "$support/kernel.sh"

# The script on standard input has to break the run with a line that matches $1.
breaks() {
	pattern=$1
	shift
	cat >script
	atf_check -s exit:1 -o "match:^broken: $pattern" "$support/kernel" --blobrootd \
		"$kernel_blobrootd" --script script "$@" "root=blob:$url/x.erofs" rd.blob.insecure
}

atf_test_case wrong_bytes_break_the_run
wrong_bytes_break_the_run_body() {
	kernel_serve
	printf x | dd of=want.erofs bs=1 seek=200000 conv=notrunc status=none
	breaks '.*byte 200000 is wrong' --image want.erofs <<-EOF
		ready
		open image
		scan 1 128K
	EOF
}

atf_test_case a_missing_answer_breaks_the_run
a_missing_answer_breaks_the_run_body() {
	kernel_serve
	breaks 'waited 5 s for: slow' --image want.erofs --patience 5 <<-EOF
		ready
		open image
		wait
		sh ./fault silent
		read 1 1M 4096 =slow
		wait slow
	EOF
	rm faults/*
	breaks 'request 0 of object 1 .*: has no answer' --image want.erofs <<-EOF
		ready
		open image
	EOF
}

atf_test_case an_unforeseen_outcome_breaks_the_run
an_unforeseen_outcome_breaks_the_run_body() {
	kernel_serve
	breaks 'read of object 1 at 0.4096: ok, expected eio' <<-EOF
		ready
		open image
		wait
		read 1 0 4096
		wait all eio
	EOF
	breaks 'expected: failed 100 x' <<-EOF
		failed 100 x
	EOF
	httpd_fault status=404
	breaks 'expected: failed 100 x' <<-EOF
		failed 100 x
	EOF
	breaks 'the daemon ended with status 100' <<-EOF
		ready
	EOF
	rm faults/*
	breaks 'no such command' <<-EOF
		raed 1 0 4096
	EOF
}

atf_test_case a_dead_engine_breaks_the_run
a_dead_engine_breaks_the_run_body() {
	kernel_serve
	breaks 'the daemon ended with status 137' <<-EOF
		ready
		sh kill -9 \$(pgrep -o -P \$PPID)
		log no such line
	EOF
}

atf_init_test_cases() {
	atf_add_test_case wrong_bytes_break_the_run
	atf_add_test_case a_missing_answer_breaks_the_run
	atf_add_test_case an_unforeseen_outcome_breaks_the_run
	atf_add_test_case a_dead_engine_breaks_the_run
}
