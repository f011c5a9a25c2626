#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# initrd/lib/modules.sh: which drivers are loaded.
# shellcheck disable=SC1091,SC2016,SC2034,SC2119 # text for other shells; variables and functions of fake.sh

top=$(atf_get_srcdir)
until [ -e "$top/initrd/mkinitrd" ]; do top=$top/..; done
. "$top/tests/initrd/fake.sh"

atf_test_case the_drivers_of_all_devices_are_loaded_once
the_drivers_of_all_devices_are_loaded_once_body() {
	fake_root
	# On a bus, of a class only, and a bus itself.
	mkdir -p made/sys/bus/pci/devices/a made/sys/bus/virtio/devices/b made/sys/bus/pci/devices/c made/sys/class/dmi/id \
		made/sys/devices/system/cpu
	echo pci:1 >made/sys/bus/pci/devices/a/modalias
	echo virtio:1 >made/sys/bus/virtio/devices/b/modalias
	echo pci:1 >made/sys/bus/pci/devices/c/modalias
	echo dmi:1 >made/sys/class/dmi/id/modalias
	echo cpu:1 >made/sys/devices/system/cpu/modalias
	# A driver that brings another device to light; one that goes is not asked for when it is gone.
	fake_run 0 'modprobe() { IFS=" "; called modprobe "$@"; cd "$blob_prefix/sys/bus"; mkdir -p usb/devices/d; echo usb:1 >usb/devices/d/modalias; }
		modules_coldplug; rm "$blob_prefix/sys/bus/virtio/devices/b/modalias"; modules_coldplug'
	atf_check -o inline:'modprobe -abq cpu:1 dmi:1 pci:1 virtio:1\nmodprobe -abq usb:1\n' cat root/calls
}

atf_test_case a_quote_in_a_devices_name_hides_no_driver
a_quote_in_a_devices_name_hides_no_driver_body() {
	fake_root
	mkdir -p made/sys/bus/pci/devices/a made/sys/bus/pci/devices/b
	# As a pattern the name would be this file's.
	: >'dmi:pn Laptop14":x'
	echo 'dmi:pn Laptop14":*' >made/sys/bus/pci/devices/a/modalias
	echo "pci:O'Brien\\" >made/sys/bus/pci/devices/b/modalias
	fake_run 0 'modprobe() { for word; do called "$word"; done; }
		modules_coldplug'
	atf_check -o inline:"-abq\ndmi:pn Laptop14\":*\npci:O'Brien\\\\\n" cat root/calls
	# And one with two: the kernel's for an ACPI device that names one of a device tree.
	printf 'acpi:MRVL0110:\nof:NtypeTnCatmel\n' >made/sys/bus/pci/devices/b/modalias
	fake_run 0 'modprobe() { for word; do called "$word"; done; }
		modules_coldplug'
	atf_check -o inline:"-abq\nacpi:MRVL0110:\ndmi:pn Laptop14\":*\nof:NtypeTnCatmel\n" cat root/calls
}

atf_test_case rd_debug_traces_no_lists
rd_debug_traces_no_lists_body() {
	# shellcheck disable=SC2046 # words
	fake_root $(seq 100)
	for device in $(seq 100); do
		mkdir -p made/sys/bus/pci/devices/"$device"
		echo "pci:v0000$device" >made/sys/bus/pci/devices/"$device"/modalias
	done
	fake_run 0 'modprobe() { :; }
		exec 2>"$blob_prefix/trace"
		set -x
		modules_coldplug; modules_coldplug; cmdline_has rd.shell || modules_load_named'
	# It goes on afterwards.
	atf_check -o ignore grep modules_load_named root/trace
	atf_check test "$(wc -c <root/trace)" -lt 3000
}

atf_test_case named_modules_are_loaded
named_modules_are_loaded_body() {
	fake_root
	fake_run 0 'modules_load_named'
	atf_check cat root/calls
	printf 'cachefiles\nerofs\n' >made/etc/blobroot/load
	fake_run 0 'modules_load_named'
	atf_check -o inline:'xargs modprobe -aq : cachefiles erofs\n' cat root/calls
}

atf_init_test_cases() {
	atf_add_test_case the_drivers_of_all_devices_are_loaded_once
	atf_add_test_case a_quote_in_a_devices_name_hides_no_driver
	atf_add_test_case rd_debug_traces_no_lists
	atf_add_test_case named_modules_are_loaded
}
