#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# initrd/lib: who reads the kernel command line takes each word as it stands, whatever files there are.
# shellcheck disable=SC1091,SC2016,SC2034,SC2119 # text for other shells; variables and functions of fake.sh

top=$(atf_get_srcdir)
until [ -e "$top/initrd/mkinitrd" ]; do top=$top/..; done
. "$top/tests/initrd/fake.sh"

# The names of these files, in the working directory, would match.
files() {
	: >d
	mkdir -p root=blob:http:/x 192.0.2.0
	: >root=blob:http:/x/y
	: >192.0.2.0/24:10.0.2.9
}

atf_test_case a_parameter_of_the_network_is_no_pattern_of_file_names
a_parameter_of_the_network_is_no_pattern_of_file_names_body() {
	files
	fake_machine ip=10.0.2.7:::24::eth1:none 'nameserver=[2001:db8::53]'
	fake_run 0 "$fake_calm
		net_up"
	fake_said '<5>blobroot: network: eth1: 10.0.2.7/24 by static, DNS 2001:db8::53'
	fake_machine 'ip=*'
	fake_run 1 "$fake_calm
		net_up"
	fake_said '<3>blobroot: boot failed: network: ip=*: *: not a method (dhcp, auto6, none)'
	fake_machine ip=off 'rd.route=*/24:10.0.2.9'
	fake_run 1 "$fake_calm
		net_up"
	fake_said '<3>blobroot: boot failed: network: rd.route=*/24:10.0.2.9: not NET/LEN:GATEWAY[:INTERFACE]'
}

atf_test_case a_parameter_of_the_daemon_is_no_pattern_of_file_names
a_parameter_of_the_daemon_is_no_pattern_of_file_names_body() {
	files
	fake_root 'root=blob:http://x/?' 'rootflags=*'
	mkdir -p made/run/blobroot/home/bin
	printf '#!/bin/sh\necho "$*"\n' >made/run/blobroot/home/bin/blobrootd
	chmod 755 made/run/blobroot/home/bin/blobrootd
	fake_run 0 'cmdline_file=$PWD/root/words; cat "$blob_prefix/proc/cmdline" >"$cmdline_file"
		blobrootd() { called blobrootd "$@"; }
		store_fresh() { store_dir=S; }
		daemon_configure
		daemon_probe
		blob_transport=T blob_has_store=ram
		daemon_start
		root_mount none'
	atf_check -o inline:'start --store S --transport T root=blob:http://x/?\n' cat out
	fake_called 'blobrootd cmdline root=blob:http://x/?'
	fake_called 'blobrootd probe root=blob:http://x/?'
	atf_check -o match:'^blobrootd mount .*/lower \*$' cat root/calls
}

atf_test_case the_last_word_counts_wherever_it_stands
the_last_word_counts_wherever_it_stands_body() {
	files
	fake_root
	# As dracut's files have it: several lines, the last one without an end.
	printf 'a=1 ab=2\ta=*\nrd.x rd.y=0 a.b=3' >made/words
	for options in '' 'set -f'; do
		fake_run 0 "cmdline_file=\$blob_prefix/words; $options
			cmdline_words; cmdline_all a; cmdline_get a; cmdline_get a.b
			cmdline_get axb || echo none; cmdline_has rd.x && echo on; cmdline_has rd.y || echo off; cmdline_has rd.z || echo off
			case \$- in *f*) echo f ;; esac"
		atf_check -o inline:"a=1\nab=2\na=*\nrd.x\nrd.y=0\na.b=3\n1\n*\n*\n3\nnone\non\noff\noff\n${options:+f\n}" cat out
	done
}

atf_init_test_cases() {
	atf_add_test_case a_parameter_of_the_network_is_no_pattern_of_file_names
	atf_add_test_case a_parameter_of_the_daemon_is_no_pattern_of_file_names
	atf_add_test_case the_last_word_counts_wherever_it_stands
}
