#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# qemu/apt and daemon/libs: which version of a library is built, and what is said when it is not the newest.

top=$(cd "$(atf_get_srcdir)/../../.." && pwd)

# apt programs of a suite that has two versions of each source, but files of those named in the file `files` only.
fake_apt() {
	mkdir bin
	cat >bin/apt-get <<'EOT'
#!/bin/sh
case "$*" in
*indextargets*) echo 'Debian|Debian|file:/archive' ;;
*update*) ;;
*source*)
	for last; do :; done
	grep -qxF "$last" "$FILES" || { echo "E: 404 $last"; exit 100; }
	;;
esac
EOT
	printf '#!/bin/sh\nprintf "Version: 8.1-2+deb13u7\\nVersion: 8.1-2+deb13u10\\n"\n' >bin/apt-cache
	chmod 755 bin/*
	export FILES="$PWD/files" BLOBROOT_APT="$PWD/apt" PATH="$PWD/bin:$PATH"
}

atf_test_case the_newest_source_is_taken
the_newest_source_is_taken_body() {
	fake_apt
	printf '%s\n' curl=8.1-2+deb13u7 curl=8.1-2+deb13u10 >files
	atf_check "$top/qemu/apt" trixie src got curl
	atf_check -o inline:'curl 8.1-2+deb13u10 8.1-2+deb13u10\n' cat got/versions
	atf_check -o inline:'libraries: curl 8.1-2+deb13u10 (make renew looks for newer ones)\n' "$top/daemon/libs" got/versions no
}

atf_test_case an_older_source_fails_the_build_unless_that_is_accepted
an_older_source_fails_the_build_unless_that_is_accepted_body() {
	fake_apt
	echo curl=8.1-2+deb13u7 >files
	atf_check -e inline:'qemu/apt: curl 8.1-2+deb13u10: not to be had\n' "$top/qemu/apt" trixie src got curl
	atf_check -o inline:'curl 8.1-2+deb13u7 8.1-2+deb13u10\n' cat got/versions
	atf_check -s exit:1 -o match:'^libraries: curl 8.1-2[+]deb13u7 ' -e match:'the suite has 8.1-2[+]deb13u10' \
		-e match:'OLDER_LIBS=yes' "$top/daemon/libs" got/versions no
	atf_check -o match:'^libraries: curl 8.1-2[+]deb13u7 ' -e match:'the suite has 8.1-2[+]deb13u10' \
		"$top/daemon/libs" got/versions yes
}

atf_test_case no_source_at_all_is_a_failure
no_source_at_all_is_a_failure_body() {
	fake_apt
	: >files
	atf_check -s exit:1 -e match:'E: 404 curl' -e match:'cannot download the source of curl' \
		"$top/qemu/apt" trixie src got curl
}

# What make does with that, without building anything. What goes to users must not be older unknowingly; a demo or a test may.
atf_test_case only_what_stays_on_this_machine_is_built_with_older_libraries
only_what_stays_on_this_machine_is_built_with_older_libraries_body() {
	for goals in '' all install build/boot/busybox-6.12 'check install'; do
		# shellcheck disable=SC2086 # a list of words
		atf_check -o match:'daemon/libs build/deps/versions no$' -e ignore make -C "$top" -n -o build/blobrootd $goals
	done
	for goals in demo check check-unit; do
		atf_check -o match:'daemon/libs build/deps/versions yes$' -e ignore make -C "$top" -n -o build/blobrootd "$goals"
	done
	atf_check -o match:'daemon/libs build/deps/versions yes$' -e ignore make -C "$top" -n -o build/blobrootd OLDER_LIBS=yes
}

atf_init_test_cases() {
	atf_add_test_case the_newest_source_is_taken
	atf_add_test_case an_older_source_fails_the_build_unless_that_is_accepted
	atf_add_test_case no_source_at_all_is_a_failure
	atf_add_test_case only_what_stays_on_this_machine_is_built_with_older_libraries
}
