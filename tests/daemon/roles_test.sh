#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# What the command line of blobrootd takes, prints and refuses; no kernel is needed.

support=$(cd "$(atf_get_srcdir)/../support" && pwd)

blobrootd=${BLOBROOTD:-$support/../../blobrootd}
url=http://192.0.2.1/x.erofs

# refuses ROLE WORD WHY: status 100, and one line `WORD: WHY`.
refuses() {
	atf_check -s exit:100 -e inline:"$2: $3\n" "$blobrootd" "$1" "root=blob:$url" "$2"
}

atf_test_case it_says_its_version
it_says_its_version_body() {
	atf_check -o match:'^blobrootd [0-9]+\.[0-9]+' -o match:'^with curl [0-9].*, mbedtls [0-9]' "$blobrootd" --version
}

atf_test_case wrong_usage_is_status_2
wrong_usage_is_status_2_body() {
	atf_check -s exit:2 -e match:'^usage: blobrootd probe ' "$blobrootd"
	atf_check -s exit:2 -e match:'^usage: ' "$blobrootd" nonsense
	atf_check -o match:'^usage: ' "$blobrootd" --help
	atf_check -s exit:2 -e ignore "$blobrootd" start --nonsense
	atf_check -s exit:2 -e inline:'start: --store DIR is missing\n' "$blobrootd" start --transport cachefiles "root=blob:$url"
	atf_check -s exit:2 -e ignore "$blobrootd" mount
	atf_check -s exit:2 -e ignore "$blobrootd" status a b
	atf_check -s exit:2 "$blobrootd" engine
	atf_check -s exit:2 -e ignore "$blobrootd" engine --device none "root=blob:$url"
}

atf_test_case the_command_line_becomes_assignments
the_command_line_becomes_assignments_body() {
	atf_check -o inline:"blob_overlay='tmpfs'\n" \
		"$blobrootd" cmdline quiet "root=blob:$url" ip=dhcp rd.blob.insecure
	atf_check -o inline:"blob_overlay='LABEL=rw'\n" \
		"$blobrootd" cmdline "root=blob:$url" rd.blob.cache=ram:1g rd.blob.cache=ram:64m \
		rd.blob.overlay=LABEL=rw root=blob:https://h/y
	atf_check -o match:"^blob_overlay='none'$" "$blobrootd" cmdline "root=blob:$url" rd.blob.overlay=none
	atf_check -s exit:100 -e inline:'root=: there is no root=blob:URL on the kernel command line\n' \
		"$blobrootd" cmdline "root=blob:$url" root=/dev/vda1
}

atf_test_case words_that_make_no_sense_are_named
words_that_make_no_sense_are_named_body() {
	refuses cmdline rd.blob.nonsense=1 'no such parameter (see blobroot.cmdline(7))'
	refuses cmdline rd.blob.insecurely 'no such parameter (see blobroot.cmdline(7))'
	refuses cmdline root=blob:ftp://h/x 'is not a URL of the form http://HOST/PATH or https://HOST/PATH'
	refuses cmdline root=blob:http:///x 'is not a URL of the form http://HOST/PATH or https://HOST/PATH'
	refuses cmdline "root=blob:http://h/x'y" 'is not a URL of the form http://HOST/PATH or https://HOST/PATH'
	refuses cmdline root=blob:http://u:p@h/x 'a user name or password has no place on the command line'
	refuses cmdline rd.blob.roothash=12 'is not a SHA-256 root hash of 64 hexadecimal digits'
	refuses cmdline rd.blob.transport=fanotify 'is none of auto, cachefiles, fuse'
	refuses cmdline rd.blob.transport=nbd 'is none of auto, cachefiles, fuse'
	refuses cmdline rd.blob.transport=pigeon 'is none of auto, cachefiles, fuse'
	refuses cmdline rd.blob.cache=ram:1x 'SIZE is not digits with an optional k, m, g or %'
	refuses cmdline rd.blob.cache=disk 'is none of page, ram, ram:SIZE, LABEL=.., UUID=.., /dev/..'
	refuses cmdline rd.blob.overlay=ram 'is none of tmpfs, tmpfs:SIZE, none, LABEL=.., UUID=.., /dev/..'
	refuses cmdline rd.blob.profile=some 'is none of auto, none, record, URL'
	refuses cmdline rd.blob.timeout=soon 'is not a number of seconds from 0 to 86400'
	refuses cmdline rd.blob.timeout=86401 'is not a number of seconds from 0 to 86400'
	refuses cmdline rd.blob.complete=fast 'is neither off nor bytes a second, with an optional k, m or g'
	refuses cmdline rd.blob.insecure=yes 'takes no value but 0 or 1'
}

# Nothing a value can hold may end the quotes of an assignment.
atf_test_case assignments_are_safe_to_evaluate
assignments_are_safe_to_evaluate_body() {
	# shellcheck disable=SC2016 # nothing is to expand
	for word in "rd.blob.cache=LABEL=a'b" 'rd.blob.cache=LABEL=a;b' 'rd.blob.overlay=/dev/$(x)' \
		'rd.blob.overlay=/dev/../x' "root=blob:http://h/'" 'root=blob:http://h/`x`'; do
		atf_check -s exit:100 -e ignore "$blobrootd" cmdline "root=blob:$url" "$word"
	done
}

atf_test_case what_this_version_lacks_it_does_not_pretend
what_this_version_lacks_it_does_not_pretend_body() {
	set -- start --transport cachefiles --store . --run run "root=blob:$url"
	atf_check -s exit:100 -e match:'^image: nothing vouches for it: add rd.blob.roothash=HEX, or a signer' \
		"$blobrootd" "$@"
}

atf_test_case without_a_keeper_there_is_no_status
without_a_keeper_there_is_no_status_body() {
	atf_check -s exit:111 -e inline:'none/control: no blobrootd answers: No such file or directory\n' \
		"$blobrootd" status --run none
	atf_check -s exit:111 -e inline:'none/control: no blobrootd answers: No such file or directory\n' \
		"$blobrootd" mount --run none /mnt
}

# keeper_alone is start, keeper and client, linked without the engine's modules and libraries.
atf_test_case the_keeper_links_no_network_code
the_keeper_links_no_network_code_body() {
	alone=$support/keeper_alone
	atf_check -s exit:2 -e inline:'start: --store DIR is missing\n' "$alone" start --transport cachefiles "root=blob:$url"
	atf_check -s exit:111 -e match:'^none/control: no blobrootd answers' "$alone" status --run none
	# Nor does it ask name servers itself.
	nm "$alone" | grep -E ' [TtWw] (curl_|Curl_|mbedtls_|psa_|fetch_|reply_|engine_run$|getaddrinfo$|gethostby|__res_|__lookup_name)' >found
	atf_check cat found
	atf_check -o match:' T keeper_run$' nm "$alone"
}

atf_init_test_cases() {
	atf_add_test_case it_says_its_version
	atf_add_test_case wrong_usage_is_status_2
	atf_add_test_case the_command_line_becomes_assignments
	atf_add_test_case words_that_make_no_sense_are_named
	atf_add_test_case assignments_are_safe_to_evaluate
	atf_add_test_case what_this_version_lacks_it_does_not_pretend
	atf_add_test_case without_a_keeper_there_is_no_status
	atf_add_test_case the_keeper_links_no_network_code
}
