# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Kernel modules: those named in etc/blobroot/load (from the lists' `load` lines), and the drivers of the
# machine's devices, found by the aliases that the kernel shows for every device.

modules_load_named() {
	[ ! -s "$blob_prefix/etc/blobroot/load" ] || xargs modprobe -aq <"$blob_prefix/etc/blobroot/load"
	return 0
}

modules_newline='
'
# The devices that were there at the last look, and all aliases that were ever seen, a line each.
modules_paths='' modules_seen=$modules_newline

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

# modules_find_new: put the aliases that were not seen before into modules_new, a line each; false if there are none. A device
# is on a bus, or has a class only, as dmi; or it is a bus itself, as cpu. To walk through all of /sys/devices takes much longer.
# It is not traced by rd.debug, because these lists are long.
modules_find_new() {
	modules_flags=$-
	set +x
	set -- "$blob_prefix"/sys/bus/*/devices/*/modalias "$blob_prefix"/sys/class/*/*/modalias \
		"$blob_prefix"/sys/devices/system/*/modalias
	modules_new=''
	if [ "$*" != "$modules_paths" ]; then
		modules_paths=$*
		modules_new=$(modules_list_new "$@")
		modules_seen=$modules_seen$modules_new$modules_newline
	fi
	case $modules_flags in *x*) set -x ;; esac
	[ -n "$modules_new" ]
}

# A device may have more than one alias, in a line each.
modules_list_new() {
	cat "$@" 2>/dev/null | sort -u | while IFS='' read -r modules_alias; do
		case $modules_seen in
		*"$modules_newline$modules_alias$modules_newline"*) ;;
		*) printf '%s\n' "$modules_alias" ;;
		esac
	done
}
