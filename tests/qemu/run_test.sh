#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# qemu/run: how a run ends is what its exit status says.
# shellcheck disable=SC2016 # text for the guest's shell

# A guest whose init is the shell script $1.
guest() {
	top=$(cd "$(atf_get_srcdir)/../../.." && pwd)
	mkdir -p tree/bin
	cp "$top/build/busybox" tree/bin/
	for applet in sh cat echo poweroff sleep mkdir modprobe mount grep; do ln -sf busybox "tree/bin/$applet"; done
	printf '#!/bin/sh\n%s\n' "$1" >tree/init
	chmod 755 tree/init
	(cd tree && find . | cpio -o -H newc --quiet) >initrd
}

# run STATUS OPTION..
run() {
	run_status=$1
	shift
	atf_check -s "exit:$run_status" -o save:end -e ignore "$top/qemu/run" --console console --nic none \
		--kernel "${kernel:-$top/build/boot/busybox-6.12/vmlinuz}" --initrd initrd --timeout 300 "$@"
}

atf_test_case the_marker_ends_the_run
the_marker_ends_the_run_body() {
	guest 'echo "one marker here"; sleep 1000'
	run 0 --marker '^one marker' --append panic=-1
	atf_check -o match:'one marker here' cat end
	atf_check -o match:'Linux version' cat console
}

atf_test_case a_panic_is_told_from_a_marker
a_panic_is_told_from_a_marker_body() {
	guest 'exit 3'
	run 3 --marker '^never$' --append panic=-1
}

atf_test_case a_guest_that_powers_off_has_not_shown_the_marker
a_guest_that_powers_off_has_not_shown_the_marker_body() {
	guest 'poweroff -f'
	run 5 --marker '^never$' --append panic=-1
	run 0 --append panic=-1
}

atf_test_case a_line_that_must_not_come_ends_the_run
a_line_that_must_not_come_ends_the_run_body() {
	guest 'echo "a bad line"; sleep 1000'
	run 1 --marker '^never$' --fail '^a bad line$' --append panic=-1
	atf_check -o inline:"a bad line\n" cat end
	run 0 --marker '^a bad' --fail '^never$' --append panic=-1
}

atf_test_case ports_of_the_guest_lead_to_files
ports_of_the_guest_lead_to_files_body() {
	guest 'mkdir /dev /sys; mount -t devtmpfs dev /dev; mount -t sysfs sysfs /sys
		for port in /sys/class/virtio-ports/*; do
			case $(cat $port/name) in one) one=/dev/${port##*/} ;; two) two=/dev/${port##*/} ;; esac
		done
		exec 3<>$two; echo "first word" >$one; read -r answer <&3; echo "got $answer" >&3; echo "$answer" >>$one; poweroff -f'
	mkfifo two.in two.out
	{ read -r line <two.out; echo "$line" >said; } &
	echo 'an answer' >two.in &
	run 0 --append panic=-1 --port "one=$PWD/one" --port-both "two=$PWD/two"
	atf_check -o inline:'first word\nan answer\n' cat one
	wait
	atf_check -o inline:'got an answer\n' cat said
}

atf_test_case a_port_of_this_machine_leads_to_the_guest_while_it_runs
a_port_of_this_machine_leads_to_the_guest_while_it_runs_body() {
	guest 'sleep 1000'
	port=$("$top/qemu/free-port")
	"$top/qemu/run" --kernel "$top/build/boot/busybox-6.12/vmlinuz" --initrd initrd --forward "$port:22" >run.out &
	while "$top/qemu/free-port" "$port" >/dev/null 2>&1; do
		kill -0 $! || atf_fail 'the machine has ended'
		sleep 0.1
	done
	kill $!
	wait
	atf_check -o inline:"$port\n" "$top/qemu/free-port" "$port"
}

atf_test_case a_time_limit_ends_what_hangs
a_time_limit_ends_what_hangs_body() {
	guest 'sleep 1000'
	run 4 --marker '^never$' --timeout 10
}

atf_test_case the_guest_finds_the_OEM_strings_of_its_firmware
the_guest_finds_the_OEM_strings_of_its_firmware_body() {
	guest 'mkdir /sys; mount -t sysfs sysfs /sys
		grep -c "one, with a blank" /sys/firmware/dmi/tables/DMI; grep -c "^.*two=2" /sys/firmware/dmi/tables/DMI
		echo "both looked for"; sleep 1000'
	run 0 --smbios 'one, with a blank' --smbios two=2 --marker '^both' --append panic=-1
	atf_check -o inline:'2\n' grep -cx "1$(printf '\r')" console
}

atf_test_case directories_are_shared_and_one_that_is_read_only_stays_as_it_is
directories_are_shared_and_one_that_is_read_only_stays_as_it_is_body() {
	guest 'mkdir /proc /one /two; mount -t proc proc /proc; modprobe 9pnet_virtio; modprobe 9p
		mount -t 9p -o trans=virtio,version=9p2000.L one /one; mount -t 9p -o trans=virtio,version=9p2000.L two /two
		cat /one/file /two/file >/one/both; echo new >/two/file || echo "as it was"; poweroff -f'
	# The cloud kernel has no 9p.
	kver=$(cat "$top/build/kernel/amd64.kver")
	kernel=$top/build/kernel/$kver/root/boot/vmlinuz-$kver
	atf_check "$top/initrd/mkinitrd" --kernel "$kver" --modules "$top/build/kernel/$kver/root" --busybox "$top/build/busybox" \
		--blobrootd "$top/build/blobrootd" --module 9p --module 9pnet_virtio --compress none --tree made --out made.img
	mkdir -p tree/lib one 'two, with a comma'
	cp -r made/lib/modules tree/lib/
	(cd tree && find . | cpio -o -H newc --quiet) >initrd
	echo 1 >one/file
	echo 2 >'two, with a comma/file'
	run 0 --append panic=-1 --share "one=$PWD/one" --share-read-only "two=$PWD/two, with a comma"
	atf_check -o inline:'1\n2\n' cat one/both
	atf_check -o inline:'2\n' cat 'two, with a comma/file'
	atf_check -o ignore grep -x "as it was$(printf '\r')" console
}

atf_test_case a_wrong_call_is_refused
a_wrong_call_is_refused_body() {
	top=$(cd "$(atf_get_srcdir)/../../.." && pwd)
	atf_check -s exit:2 -e match:'no such option' "$top/qemu/run" --nonsense x
	atf_check -s exit:2 -e match:'cannot be read' "$top/qemu/run" --kernel /nowhere
	atf_check -s exit:2 -e match:'one of the two' "$top/qemu/run" --firmware bios --kernel "$top/build/boot/busybox-6.12/vmlinuz"
	atf_check -s exit:2 -e match:'not bios, uefi' "$top/qemu/run" --firmware coreboot
	atf_check -s exit:2 -e match:'not NAME=DIRECTORY' "$top/qemu/run" --share /tmp
	atf_check -s exit:2 -e match:'not NAME=DIRECTORY' "$top/qemu/run" --share-read-only x=/nowhere
	atf_check -s exit:2 -e match:'needs a value' "$top/qemu/run" --firmware
}

atf_init_test_cases() {
	atf_add_test_case the_marker_ends_the_run
	atf_add_test_case a_panic_is_told_from_a_marker
	atf_add_test_case a_guest_that_powers_off_has_not_shown_the_marker
	atf_add_test_case a_line_that_must_not_come_ends_the_run
	atf_add_test_case ports_of_the_guest_lead_to_files
	atf_add_test_case a_port_of_this_machine_leads_to_the_guest_while_it_runs
	atf_add_test_case a_time_limit_ends_what_hangs
	atf_add_test_case the_guest_finds_the_OEM_strings_of_its_firmware
	atf_add_test_case directories_are_shared_and_one_that_is_read_only_stays_as_it_is
	atf_add_test_case a_wrong_call_is_refused
}
