#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# initrd/lib/{disk,store}.sh on somebody's disk, for the store that the daemon itself keeps there (fuse).
# shellcheck disable=SC1091,SC2016,SC2034,SC2119,SC2154 # text for other shells; variables and functions of fake.sh

top=$(atf_get_srcdir)
until [ -e "$top/initrd/mkinitrd" ]; do top=$top/..; done
. "$top/tests/initrd/fake.sh"
. "$top/tests/initrd/disk.sh"

keeps='blob_cache=LABEL=x blob_has_store=disk; store_begin; ls "$store_mount" | tr "\n" " "'

atf_test_case what_the_daemon_keeps_there_stays_and_what_the_kernel_kept_goes
what_the_daemon_keeps_there_stays_and_what_the_kernel_kept_goes_body() {
	strangers $disk
	marked $disk
	mkdir -p $disk/blobroot/images/0123 $disk/blobroot/store.old/cache
	: >$disk/blobroot/images/0123/blocks
	fake_run 0 'blob_cache=/dev/vda blob_has_store=disk; store_begin'
	lists store blobroot/images/0123/blocks blobroot/mark "$theirs"
	# Any file system.
	fake_called "mount -o remount,rw,noatime,nosuid,nodev,noexec $PWD/root/dev/vda $PWD/root/run/blobroot/store"
}

atf_test_case a_device_that_is_away_or_not_ours_is_one_line_and_two_of_a_name_end_the_boot
a_device_that_is_away_or_not_ours_is_one_line_and_two_of_a_name_end_the_boot_body() {
	fake_root
	fake_run 0 "wait_until() { return 1; }; $keeps"
	fake_said '<3>blobroot: store: LABEL=x: no such device, and none came in 10 s: going on without it'
	strangers $disk
	ln -s photos $disk/blobroot
	fake_run 0 'blob_cache=/dev/vda blob_has_store=disk; umount() { called umount "$@"; }; store_begin'
	fake_said "<3>blobroot: store: /dev/vda: /blobroot is not a directory of root's, so not blobroot's: move it away: going on without it"
	fake_called "umount $PWD/root/run/blobroot/store"
	atf_check diff -r --no-dereference $disk root/run/blobroot/store
	strangers $disk
	fake_run 1 "findfs() { echo \"\$blob_prefix/dev/vda\"; }; unshare() { echo /dev/vdb; }; $keeps"
	fake_said "<3>blobroot: boot failed: store: LABEL=x: both $PWD/root/dev/vda and /dev/vdb have it: name the device, or change one of them"
}

# -- boots without a server, or without a network ----------------------------------------------------------------------

# alone STATUS WORD..: what comes of it when the daemon ends with STATUS; into ./out: is it started once more, and for how long is
# the network waited for?
alone() {
	fake_root "$@"
	shift
	mkdir -p made/run/blobroot/home/bin made/run/blobroot/store/blobroot/images/0123
	printf '#!%s sh\necho "$*" >>%s/root/calls; case $* in *--alone*) exit %s ;; esac\n' "$busybox" "$PWD" "$alone_status" \
		>made/run/blobroot/home/bin/blobrootd
	chmod 755 made/run/blobroot/home/bin/blobrootd
	fake_run 0 'blob_cache=/dev/vda blob_has_store=disk blob_transport=fuse
		daemon_start_alone; net_limit dhcp 0; daemon_start; echo "$net_seconds ${daemon_runs-no}"'
}

atf_test_case the_network_is_waited_for_no_longer_where_the_store_can_boot_alone
the_network_is_waited_for_no_longer_where_the_store_can_boot_alone_body() {
	kind=disk
	ours="start --store $PWD/root/run/blobroot/store/blobroot"
	alone_status=0
	alone root=blob:http://x/y
	atf_check -o inline:'10 yes\n' cat out
	alone root=blob:http://x/y rd.blob.contact=0
	atf_check -o inline:'10 yes\n' cat out
	alone root=blob:http://x/y
	atf_check -o inline:"$ours --alone --transport fuse\n" cat root/calls
	# It has images that may be booted if nobody answers.
	alone_status=111
	alone root=blob:http://x/y rd.blob.contact=25
	atf_check -o inline:'25 no\n' cat out
	atf_check -o inline:"$ours --alone --transport fuse\n$ours --transport fuse\n" cat root/calls
	alone root=blob:http://x/y rd.blob.contact=0
	atf_check -o inline:'0 no\n' cat out
	alone root=blob:http://x/y rd.net.timeout.dhcp=3
	atf_check -o inline:'3 no\n' cat out
	# It has none.
	alone_status=100
	alone root=blob:http://x/y
	atf_check -o inline:'0 no\n' cat out
}

atf_test_case without_a_network_the_boot_goes_on_where_it_can
without_a_network_the_boot_goes_on_where_it_can_body() {
	fake_machine
	fake_card eth1 0
	fake_run 0 "$fake_calm; net_patience=10; net_up; echo \"no:\$net_ifaces\""
	atf_check -o inline:'no:\n' cat out
	fake_said '<3>blobroot: network: no link: no carrier on eth0 eth1 in 10 s: going on from the store'
	fake_run 1 "$fake_calm; wait_until() { return 1; }; net_up"
}

atf_init_test_cases() {
	atf_add_test_case the_network_is_waited_for_no_longer_where_the_store_can_boot_alone
	atf_add_test_case without_a_network_the_boot_goes_on_where_it_can
	atf_add_test_case what_the_daemon_keeps_there_stays_and_what_the_kernel_kept_goes
	atf_add_test_case a_device_that_is_away_or_not_ours_is_one_line_and_two_of_a_name_end_the_boot
}
