#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# initrd/lib/{daemon,root}.sh: the parameters, the layers of the root, and its init.
# shellcheck disable=SC1091,SC2016,SC2034,SC2119 # text for other shells; variables and functions of fake.sh

top=$(atf_get_srcdir)
until [ -e "$top/initrd/mkinitrd" ]; do top=$top/..; done
. "$top/tests/initrd/fake.sh"

# blobrootd as the plan has it; what it is asked for is on record.
daemon='blobrootd() {
	called blobrootd "$@"
	case $1 in
	cmdline) echo "blob_overlay=none" ;;
	status) printf "%s\n" transport=cachefiles state=serving fetched=4096 requests=3 misses=2 ${use-} ;;
	esac
}'

atf_test_case the_daemon_parses_the_parameters
the_daemon_parses_the_parameters_body() {
	fake_root
	fake_run 0 "$daemon
		daemon_configure; echo \"\$blob_overlay\""
	atf_check -o inline:'none\n' cat out
}

atf_test_case the_reason_of_the_daemon_is_passed_on
the_reason_of_the_daemon_is_passed_on_body() {
	fake_root
	fake_run 1 'blobrootd() { echo "noise" >&2; echo "image: not found" >&2; return 100; }
		daemon_configure'
	fake_said '<3>blobroot: boot failed: image: not found'
	mkdir -p made/run/blobroot/home/bin made/run/blobroot/store
	printf '#!/bin/sh\nexit 111\n' >made/run/blobroot/home/bin/blobrootd
	chmod +x made/run/blobroot/home/bin/blobrootd
	fake_run 1 'blob_cache=page blob_transport=t blob_has_store=
		daemon_start'
	fake_said '<3>blobroot: boot failed: blobrootd: ended with status 111'
}

# mounts OVERLAY CALLS [ROOTFLAGS]
mounts() {
	fake_root ${3:+"rootflags=$3"}
	: >made/dev/vda1
	fake_run 0 "$daemon
		root_mount '$1'"
	sed -i "s|$PWD/root||g" root/calls
	atf_check -o inline:"blobrootd mount /run/blobroot/lower${3:+ $3}\n$2" cat root/calls
}

atf_test_case the_overlay_is_what_was_asked_for
the_overlay_is_what_was_asked_for_body() {
	b=/run/blobroot
	over="mount -t overlay -o lowerdir=$b/lower,upperdir=$b/rw/upper,workdir=$b/rw/work overlay /sysroot\n"
	mounts tmpfs "mount -t tmpfs -o mode=0755,size=500000k blobroot $b/rw\n$over"
	mounts tmpfs:64M "mount -t tmpfs -o mode=0755,size=64M blobroot $b/rw\n$over"
	# To the kernel a number with a 0 in front is octal.
	mounts tmpfs:064M "mount -t tmpfs -o mode=0755,size=64M blobroot $b/rw\n$over"
	mounts tmpfs:050% "mount -t tmpfs -o mode=0755,size=50% blobroot $b/rw\n$over"
	disk="mount -t overlay -o lowerdir=$b/lower,upperdir=$b/rw/blobroot/upper,workdir=$b/rw/blobroot/work overlay /sysroot\n"
	mounts /dev/vda1 "mount -o ro,noatime,nosuid,nodev /dev/vda1 $b/rw\nmount -o remount,rw,noatime,nosuid,nodev /dev/vda1 $b/rw\n$disk"
	mounts none "mount -o bind $b/lower /sysroot\n"
}

atf_test_case a_kernel_that_panics_for_waiting_readers_is_named
a_kernel_that_panics_for_waiting_readers_is_named_body() {
	fake_root
	for panic in '' 0; do
		echo "$panic" >made/proc/sys/kernel/hung_task_panic
		[ -n "$panic" ] || rm made/proc/sys/kernel/hung_task_panic
		fake_run 0 root_check_kernel
		atf_check cat root/dev/kmsg
	done
	echo 1 >made/proc/sys/kernel/hung_task_panic
	fake_run 0 root_check_kernel
	fake_said '<3>blobroot: kernel: hung_task_panic is set: a network that is away for longer than hung_task_timeout_secs ends in a panic'
}

# A bind mount has them from the image's mount; an overlay would not.
atf_test_case what_rootflags_says_of_any_mount_holds_for_the_overlay
what_rootflags_says_of_any_mount_holds_for_the_overlay_body() {
	b=/run/blobroot
	over="lowerdir=$b/lower,upperdir=$b/rw/upper,workdir=$b/rw/work overlay /sysroot\n"
	mounts tmpfs:64M "mount -t tmpfs -o mode=0755,size=64M blobroot $b/rw\nmount -t overlay -o noatime,nodev,$over" \
		noatime,device=x,ro,nodev
	mounts none "mount -o bind $b/lower /sysroot\n" noatime
}

atf_test_case the_root_is_up_when_it_is_said
the_root_is_up_when_it_is_said_body() {
	fake_root
	fake_run 0 "$daemon
		root_say_up"
	fake_said '<5>blobroot: root is up: transport=cachefiles fetched=4096 requests=3 seconds=12.3'
	# Without a profile nothing is ahead.
	fake_run 0 "use='waits=2 profile=none ahead=0 used=0 late=0'; $daemon
		root_say_up"
	fake_said '<5>blobroot: root is up: transport=cachefiles fetched=4096 requests=3 seconds=12.3'
	fake_run 0 "use='waits=2 profile=used ahead=8192 used=4096 late=0'; $daemon
		root_say_up"
	fake_said '<5>blobroot: root is up: transport=cachefiles fetched=4096 requests=3 seconds=12.3 waits=2 ahead=8192 used=4096'
}

atf_init_test_cases() {
	atf_add_test_case the_daemon_parses_the_parameters
	atf_add_test_case the_reason_of_the_daemon_is_passed_on
	atf_add_test_case the_overlay_is_what_was_asked_for
	atf_add_test_case a_kernel_that_panics_for_waiting_readers_is_named
	atf_add_test_case what_rootflags_says_of_any_mount_holds_for_the_overlay
	atf_add_test_case the_root_is_up_when_it_is_said
}
