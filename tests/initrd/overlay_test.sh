#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# initrd/lib/{disk,overlay}.sh: which disk is meant, and where on it writes to the root go.
# shellcheck disable=SC1091,SC2016,SC2034,SC2119 # text for other shells; variables and functions of fake.sh

top=$(atf_get_srcdir)
until [ -e "$top/initrd/mkinitrd" ]; do top=$top/..; done
. "$top/tests/initrd/fake.sh"
. "$top/tests/initrd/disk.sh"

# findfs, as BusyBox's: the first device of this label. unshare runs its command where mount hides the first one.
two='findfs() { echo "$blob_prefix/dev/${devices%% *}"; }
	unshare() {
		called unshare "$@"
		case $devices in *\ *) echo "$blob_prefix/dev/${devices#* }" ;; *) echo none ;; esac
	}'

atf_test_case two_devices_of_one_label_are_refused_by_name
two_devices_of_one_label_are_refused_by_name_body() {
	strangers $disk
	: >made/dev/vdb
	for spec in LABEL=blobs UUID=1-2; do
		fake_run 1 "$two
			devices='vda vdb'
			store_open_disk $spec"
		fake_said "<3>blobroot: boot failed: store: $spec: both $PWD/root/dev/vda and $PWD/root/dev/vdb have it: name the device, or change one of them"
		fake_run 1 "$two
			devices='vda vdb' root_rw=\$blob_prefix/run/blobroot/rw
			blobrootd() { :; }
			root_mount $spec"
		fake_said "<3>blobroot: boot failed: overlay: $spec: both $PWD/root/dev/vda and $PWD/root/dev/vdb have it: name the device, or change one of them"
	done
	fake_run 0 "$two
		devices=vda
		store_open_disk LABEL=blobs"
	atf_check -o ignore grep "^unshare -m .* $PWD/root/dev/null $PWD/root/dev/vda LABEL=blobs\$" root/calls
	fake_run 0 'findfs() { echo "$blob_prefix/dev/vda"; }
		unshare() { return 1; }
		store_open_disk LABEL=blobs || echo "$store_error"'
	atf_check -o inline:"store: LABEL=blobs: cannot find out whether $PWD/root/dev/vda is the only one\n" cat out
}

# The overlay is on the disk.
overlay='blobrootd() { :; }
	root_mount /dev/vda'

atf_test_case the_overlay_is_below_our_directory_and_no_directory_of_the_disk_shows
the_overlay_is_below_our_directory_and_no_directory_of_the_disk_shows_body() {
	strangers $rw
	fake_run 0 "$overlay"
	b=$PWD/root/run/blobroot
	fake_called "mount -t overlay -o lowerdir=$b/lower,upperdir=$b/rw/blobroot/upper,workdir=$b/rw/blobroot/work overlay $PWD/root/sysroot"
	lists rw blobroot/mark "$theirs"
}

atf_test_case an_overlay_of_an_earlier_version_or_behind_a_link_is_refused
an_overlay_of_an_earlier_version_or_behind_a_link_is_refused_body() {
	strangers $rw
	mkdir $rw/work/work
	fake_run 1 "$overlay"
	fake_said '<3>blobroot: boot failed: overlay: /dev/vda: /upper and /work look like an earlier version of blobroot made them: move them to /blobroot, or rename them'
	marked $rw
	mkdir $rw/blobroot/upper
	fake_run 0 "$overlay"
	ln -s ../work $rw/blobroot/work
	fake_run 1 "$overlay"
	fake_said '<3>blobroot: boot failed: overlay: /dev/vda: work is a link: remove it'
}

# shares STORE OVERLAY: of 300000 KiB, what the defaults leave to the overlay beside such a store, in KiB; and a line says so.
shares() {
	fake_run 0 "blob_free_kib=300000 blob_ram_kib=$1; overlay_share; echo \$overlay_kib"
	atf_check -o inline:"$2\n" cat out
}

atf_test_case store_and_overlay_leave_memory_to_programs
store_and_overlay_leave_memory_to_programs_body() {
	fake_root
	shares 120000 75000
	fake_said '<5>blobroot: memory: 292 MB available: at most 117 MB for the store, 73 MB for what is written to the root'
	shares 65536 75000
	shares 300000 4096
	shares 250000 25000
	shares 0 150000
	fake_said '<5>blobroot: memory: 292 MB available: at most 146 MB for what is written to the root'
}

atf_test_case no_size_is_without_a_limit
no_size_is_without_a_limit_body() {
	for size in 0 00m 0%; do
		fake_root
		fake_run 1 "blobrootd() { :; }
			root_mount tmpfs:$size"
		fake_said "<3>blobroot: boot failed: overlay: tmpfs:$size: a size of 0, which to a tmpfs is no limit"
	done
}

atf_init_test_cases() {
	atf_add_test_case no_size_is_without_a_limit
	atf_add_test_case store_and_overlay_leave_memory_to_programs
	atf_add_test_case two_devices_of_one_label_are_refused_by_name
	atf_add_test_case the_overlay_is_below_our_directory_and_no_directory_of_the_disk_shows
	atf_add_test_case an_overlay_of_an_earlier_version_or_behind_a_link_is_refused
}
