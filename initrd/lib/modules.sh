# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Kernel modules: those named in etc/blobroot/load (from the lists' `load` lines), and the drivers of the
# machine's devices, found by the aliases that the kernel shows for every device.

modules_load_named() {
	[ ! -s "$blob_prefix/etc/blobroot/load" ] || xargs modprobe -aq <"$blob_prefix/etc/blobroot/load"
	return 0
}

# Load drivers for all devices in sysfs. A driver can make a bus with more devices appear, so look again until
# there is nothing new. Devices seen by an earlier call are skipped, so this is cheap to call in a loop while
# waiting for a device.
modules_coldplug() {
	while modules_find_new; do
		# One process for all: modprobe reads its tables once. Most aliases have no driver here. A subshell, in which a line is a
		# word: names from firmware may have blanks and quotes.
		# shellcheck disable=SC2086 # words
		(IFS=$modules_newline && set -f && modprobe -abq $modules_new) 2>/dev/null
	done
}
modules_newline='
'
modules_seen=$modules_newline

# modules_find_new: put the aliases that were not seen before into modules_new, a line each; false if there are none. A device
# is on a bus, or has a class only, as dmi; or it is the bus itself, as cpu. `find` in all of /sys/devices takes ten times as long.
modules_find_new() {
	modules_new=''
	for modules_file in "$blob_prefix"/sys/bus/*/devices/*/modalias "$blob_prefix"/sys/class/*/*/modalias \
		"$blob_prefix"/sys/devices/system/*/modalias; do
		modules_alias=''
		IFS='' read -r modules_alias 2>/dev/null <"$modules_file"
		case $modules_seen in *"$modules_newline$modules_alias$modules_newline"*) continue ;; esac
		[ -n "$modules_alias" ] || continue
		modules_seen=$modules_seen$modules_alias$modules_newline modules_new=$modules_new$modules_alias$modules_newline
	done
	[ -n "$modules_new" ]
}
