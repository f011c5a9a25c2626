#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# initrd/lib/{daemon,home}.sh: which transport is taken, what blobrootd is given beside its own parameters, and what comes
# of wrong ones.
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
	fake_run 0 'blob_cache=ram blob_transport=t blob_has_store=ram; daemon_start'
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

# found STATUS PROBE: the boot ends with STATUS, where blobrootd's probe ends with PROBE, and prints ./said and ./why. The daemon is
# started twice, as bring-up may do. What blobrootd is called with is in root/calls.
found() {
	mkdir -p made/run/blobroot/home/bin made/run/blobroot/store
	printf '#!%s sh\necho "$*" >>%s/root/calls\n' "$busybox" "$PWD" >made/run/blobroot/home/bin/blobrootd
	chmod 755 made/run/blobroot/home/bin/blobrootd
	fake_run "$1" "blobrootd() { called \"\$@\"; cat $PWD/said; cat $PWD/why >&2; return $2; }
		disk_mount() { :; }
		store_fresh() { store_dir=/fresh; }
		again() {
			daemon_probe
			store_begin
			daemon_start
		}
		again
		again
		echo \"\$blob_cache\""
}

atf_test_case the_transport_that_the_probe_names_is_started_with_what_it_needs
the_transport_that_the_probe_names_is_started_with_what_it_needs_body() {
	fake_root root=blob:http://x/y
	: >made/dev/ram0
	: >why
	printf "blob_transport='one'\nblob_cache='ram:32M'\nblob_has_store='ram'\nblob_ram_kib='32768'\n" >said
	found 0 0
	atf_check -o inline:'ram:32M\n' cat out
	fake_called 'modprobe -q brd rd_nr=1 rd_size=32768 max_part=0'
	atf_check -o inline:'2\n' grep -cxF 'start --store /fresh --transport one' root/calls
	# It is asked once.
	atf_check -o inline:'1\n' grep -cxF probe root/calls
	# No store: no RAM disk, nothing mounted, no directory.
	printf "blob_transport='two'\nblob_cache='page'\nblob_has_store=''\n" >said
	rm -r made/run/blobroot
	mkdir made/run/blobroot
	found 0 0
	atf_check -o inline:'page\n' cat out
	atf_check -o inline:'probe\nstart --transport two\nstart --transport two\n' cat root/calls
	atf_check test ! -e root/run/blobroot/store/blobroot
}

atf_test_case a_kernel_with_no_transport_ends_the_boot_with_the_probes_line
a_kernel_with_no_transport_ends_the_boot_with_the_probes_line_body() {
	fake_root root=blob:http://x/y
	: >said
	echo 'kernel: none works: one: why; two: why' >why
	found 1 100
	fake_said '<3>blobroot: boot failed: kernel: none works: one: why; two: why'
	atf_check -o inline:'probe\n' cat root/calls
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
	atf_add_test_case the_transport_that_the_probe_names_is_started_with_what_it_needs
	atf_add_test_case a_kernel_with_no_transport_ends_the_boot_with_the_probes_line
	atf_add_test_case the_proxies_of_the_command_line_reach_the_daemon
}
