# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Kernel modules: those named in etc/blobroot/load (from the lists' `load` lines), and the drivers of whatever
# the machine has, found by the aliases that the kernel shows for every device.

modules_load_named() {
	[ ! -s "$blob_prefix/etc/blobroot/load" ] || xargs modprobe -aq <"$blob_prefix/etc/blobroot/load"
	return 0
}

# Load drivers for all devices in sysfs. A driver can bring a bus to light with more devices on it, so look
# again until nothing new has come. Devices seen by an earlier call are not asked for again: this is cheap to
# call in a loop while waiting for one.
modules_coldplug() {
	modules_seen=$blob_prefix/run/blobroot/modaliases
	[ -e "$modules_seen" ] || : >"$modules_seen"
	while modules_find_new && [ -s "$modules_seen.new" ]; do
		# One process for all: modprobe reads its tables once. Most aliases have no driver here.
		# A quote in one, as firmware may have in its names, is no quote.
		tr '\n' '\0' <"$modules_seen.new" | xargs -0 modprobe -abq 2>/dev/null
		cat "$modules_seen.new" >>"$modules_seen"
	done
	rm -f "$modules_seen.new"
}

# What is in the list twice, as all that was seen before is, is not new. BusyBox's `grep -f` knows no empty file.
modules_find_new() {
	find "$blob_prefix/sys/devices" -name modalias -exec cat {} + 2>/dev/null | sort -u |
		cat - "$modules_seen" "$modules_seen" | sort | uniq -u >"$modules_seen.new"
}
