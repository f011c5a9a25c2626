#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# initrd/lib/{daemon,home}.sh: what blobrootd is given beside its own parameters, and what comes of wrong ones.
# shellcheck disable=SC1091,SC2016,SC2034,SC2119,SC2154 # text for other shells; variables and functions of fake.sh

top=$(atf_get_srcdir)
until [ -e "$top/initrd/mkinitrd" ]; do top=$top/..; done
. "$top/tests/initrd/fake.sh"

# gives WORDS LINE..: in the daemon's environment there are exactly these proxies.
gives() {
	fake_root "$1"
	shift
	mkdir -p made/run/blobroot/home/bin made/run/blobroot/store
	printf '#!%s sh\nexport -p | grep -i _proxy= | sort >&2\n' "$busybox" >made/run/blobroot/home/bin/blobrootd
	chmod 755 made/run/blobroot/home/bin/blobrootd
	fake_run 0 'blob_cache=ram; daemon_start'
	printf '%s\n' "$@" >expected
	sed "s/^export //; s/'//g; /^\$/d" root/run/blobroot/error >got
	atf_check diff expected got
}

atf_test_case the_proxies_of_the_command_line_reach_the_daemon
the_proxies_of_the_command_line_reach_the_daemon_body() {
	unset http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY
	gives 'quiet http_proxy=http://p:3128 https_proxy=http://q all_proxy=socks5://r no_proxy=a.lan,.b' \
		all_proxy=socks5://r http_proxy=http://p:3128 https_proxy=http://q no_proxy=a.lan,.b
	gives 'quiet HTTP_PROXY=http://p NO_PROXY=lan' http_proxy=http://p no_proxy=lan
	gives 'HTTPS_PROXY=http://p https_proxy=http://q' https_proxy=http://q
}

# The daemon that ships. With dracut it is given the words, as here; else it reads /proc/cmdline.
atf_test_case wrong_parameters_end_the_boot_before_anything_else
wrong_parameters_end_the_boot_before_anything_else_body() {
	refuses() {
		fake_root "root=blob:http://x/y $1"
		cp made/proc/cmdline made/run/blobroot/cmdline
		fake_run 1 "cmdline_file=\$blob_prefix/run/blobroot/cmdline
			blobrootd() { '$top/build/blobrootd' \"\$@\"; }
			daemon_configure
			echo goes on"
		fake_said "<3>blobroot: boot failed: $2"
		atf_check cat out
	}
	refuses 'rd.blob.insecure rd.blob.cahce=ram' 'rd.blob.cahce=ram: no such parameter (see blobroot.cmdline(7))'
	refuses 'rd.blob.insecure rd.blob.cache=ram:x' 'rd.blob.cache=ram:x: SIZE is not digits with an optional k, m, g or %'
}

atf_init_test_cases() {
	atf_add_test_case wrong_parameters_end_the_boot_before_anything_else
	atf_add_test_case the_proxies_of_the_command_line_reach_the_daemon
}
