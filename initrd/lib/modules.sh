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
	modules_seen=$blob_prefix/run/blobroot/modaliases
	[ -e "$modules_seen" ] || : >"$modules_seen"
	while modules_find_new && [ -s "$modules_seen.new" ]; do
		# One process for all: modprobe reads its tables once. Most aliases have no driver here.
		# -0, because names from firmware may contain quotes, which xargs would interpret.
		tr '\n' '\0' <"$modules_seen.new" | xargs -0 modprobe -abq 2>/dev/null
		cat "$modules_seen.new" >>"$modules_seen"
	done
	rm -f "$modules_seen.new"
}

# An alias seen before is in the list at least twice, so it is not new. BusyBox's `grep -f` cannot handle an empty file.
modules_find_new() {
	find "$blob_prefix/sys/devices" -name modalias -exec cat {} + 2>/dev/null | sort -u |
		cat - "$modules_seen" "$modules_seen" | sort | uniq -u >"$modules_seen.new"
}
