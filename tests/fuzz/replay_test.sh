#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# The fuzz targets keep their promises for every input of their corpora, under the sanitizers.

targets='about blob_url blockset cachefiles_msg certificate cmdline constraints erofs_super fuse_msg mount_plan netrc notice object
	origin profile rdnss readahead remember reply roothash signature verity'

# replay TARGET: each file of the corpus is fed, and there is at least one.
replay() {
	here=$(atf_get_srcdir)
	corpus=$here/../../../tests/fuzz/corpus/$1
	files=$(find "$corpus" -type f ! -name '.*' | wc -l)
	[ "$files" -gt 0 ] || atf_fail "$1 has no corpus"
	atf_check -o inline:"$files files\n" -e ignore "$here/$1_replay" "$corpus"
}

for target in $targets; do
	atf_test_case "${target}_is_right_about_its_corpus"
	eval "${target}_is_right_about_its_corpus_body() { replay $target; }"
done

atf_test_case a_target_without_a_corpus_fails
a_target_without_a_corpus_fails_body() {
	mkdir corpus
	atf_check -s exit:1 -o inline:"0 files\n" "$(atf_get_srcdir)/roothash_replay" corpus
	atf_check -s exit:1 -e match:'no-such: No such file' "$(atf_get_srcdir)/roothash_replay" no-such
}

atf_init_test_cases() {
	for target in $targets; do
		atf_add_test_case "${target}_is_right_about_its_corpus"
	done
	atf_add_test_case a_target_without_a_corpus_fails
}
