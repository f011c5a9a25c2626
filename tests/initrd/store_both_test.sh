#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# initrd/lib/{store,daemon}.sh where both the kernel's files and what is kept for later boots are on somebody's disk (cachefiles).
# shellcheck disable=SC1091,SC2016,SC2034,SC2119,SC2154 # text for other shells; variables and functions of fake.sh

top=$(atf_get_srcdir)
until [ -e "$top/initrd/mkinitrd" ]; do top=$top/..; done
. "$top/tests/initrd/fake.sh"
. "$top/tests/initrd/disk.sh"

# has_images WORD..: a disk with an image, and what an earlier boot left of the kernel's.
has_images() {
	fake_root "$@"
	strangers $disk
	[ $# -eq 0 ] || echo "$*" >made/proc/cmdline
	marked $disk
	mkdir -p $disk/blobroot/images/0123 $disk/blobroot/store.old
}

# proven STATUS WORD..: what comes of it when `store prove` ends with STATUS.
proven() {
	proven_status=$1
	shift
	has_images "$@"
	fake_run 0 "blob_cache=/dev/vda blob_has_store=${kind-both}
		blobrootd() { called blobrootd \"\$@\"; echo '${line-0123:5:ab: 5 bytes proven}'; return $proven_status; }
		daemon_run() { called run \"\$@\"; daemon_status=0; }
		store_begin; daemon_prove_begin
		log_waiting 'something else' true
		daemon_start; daemon_start"
	# Once; a second start has nothing of it.
	grep '^run' root/calls | sed "s|$PWD/root/run/blobroot/store/blobroot|STORE|" >runs
}

# The kernel does not ask for it.
atf_test_case what_the_kernel_will_read_is_proven_while_the_network_comes_up
what_the_kernel_will_read_is_proven_while_the_network_comes_up_body() {
	b=$PWD/root/run/blobroot/store/blobroot
	begins='run --store STORE/store.0b1c-2d --keep'
	proven 0 root=blob:http://x/y
	fake_called "blobrootd store prove --store $b --url http://x/y"
	atf_check -o inline:"$begins --proven 0123:5:ab\n$begins\n" cat runs
	fake_said '<5>blobroot: store: 5 bytes proven, while the network came up'
	proven 1 root=blob:http://x/y rd.blob.roothash=45AB
	fake_called "blobrootd store prove --store $b 45ab"
	atf_check -o inline:"$begins\n$begins\n" cat runs
	line='0123:5:: 7 bytes proven: 1 blocks of it are wrong'
	proven 0 root=blob:http://x/y
	fake_said '<3>blobroot: store: 7 bytes proven: 1 blocks of it are wrong'
	atf_check -o inline:"$begins --proven 0123:5:\n$begins\n" cat runs
	kind=disk
	proven 0
	atf_check -s exit:1 grep prove root/calls
}

# both STATUS CALLS OUT: a boot whose disk has images, where a start before the network ends with STATUS, makes these calls; OUT is
# its patience with the network, and what it has then.
both() {
	both_status=$1
	has_images root=blob:http://x/y
	fake_run 0 "blob_cache=/dev/vda blob_has_store=both blob_ram_instead_kib=65536
		blobrootd() { called prove; return 1; }
		daemon_run() { called run \"\$@\"; daemon_status=0; case \$* in *--alone*) daemon_status=$both_status ;; esac; }
		store_open_ram() { called ram; }
		store_close() { called close; }
		store_begin; daemon_start_alone; daemon_prove_begin; daemon_start
		echo \"\${net_patience-none} \$blob_has_store \$blob_cache\""
	grep -e '^run' -e '^prove' -e '^ram' -e '^close' root/calls | sed 's|--store [^ ]*|STORE|' | tr '\n' ';' >calls
	atf_check -o inline:"$2" cat calls
	atf_check -o inline:"$3\n" cat out
}

atf_test_case what_comes_of_a_start_before_there_is_a_network
what_comes_of_a_start_before_there_is_a_network_body() {
	both 0 'run STORE --keep --alone;' '10 both /dev/vda'
	# The directory of that start is deleted before anything is proven.
	both 100 'run STORE --keep --alone;prove;run STORE --keep;' 'none both /dev/vda'
	both 111 'run STORE --keep --alone;prove;run STORE --keep;' '10 both /dev/vda'
	# The disk cannot be used: it is out of the way before anything takes its place, and nothing of it is proven.
	both 101 'run STORE --keep --alone;close;ram;run STORE;' 'none ram ram'
}

# bring-up of another interface is another process.
atf_test_case a_second_process_of_the_boot_knows_what_was_taken_instead
a_second_process_of_the_boot_knows_what_was_taken_instead_body() {
	fake_root root=blob:http://x/y
	: >made/dev/ram0
	mkdir -p made/run/blobroot
	printf '%s\n' "blob_transport='one'" "blob_cache='/dev/vda1'" "blob_has_store='both'" "blob_ram_kib='0'" \
		"blob_ram_instead_kib='65536'" >made/run/blobroot/transport
	begins='daemon_run() { called run "$@"; daemon_status=0; }
		daemon_probe'
	fake_run 0 "wait_until() { case \$* in *disk_look*) return 1 ;; esac; shift; \"\$@\"; }
		$begins; store_begin
		(unset blob_has_store blob_cache; daemon_probe; daemon_start; echo \"\$blob_has_store \$blob_cache \$blob_ram_kib\")"
	atf_check -o inline:'ram ram 65536\n' cat out
	atf_check -o ignore grep '^run --store .*/blobroot/store.0b1c-2d$' root/calls
	# All that was formatted is the RAM disk.
	atf_check -s exit:1 sh -c 'grep mke2fs root/calls | grep -v /dev/ram0'
}

atf_test_case without_memory_for_another_store_the_boot_ends_and_says_why
without_memory_for_another_store_the_boot_ends_and_says_why_body() {
	fake_root
	fake_run 1 'store_error="store: /dev/vda: WHY" blob_ram_instead_kib=0 daemon_probed=/dev/null; store_fall_back'
	fake_said '<3>blobroot: boot failed: store: /dev/vda: WHY, and there is too little memory for a store there'
}

atf_init_test_cases() {
	atf_add_test_case what_the_kernel_will_read_is_proven_while_the_network_comes_up
	atf_add_test_case what_comes_of_a_start_before_there_is_a_network
	atf_add_test_case a_second_process_of_the_boot_knows_what_was_taken_instead
	atf_add_test_case without_memory_for_another_store_the_boot_ends_and_says_why
}
