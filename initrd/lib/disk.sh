# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Somebody's disk (rd.blob.cache= and rd.blob.overlay= on a device). All that we write lies below its directory
# /blobroot, which bears our mark: the file /blobroot/mark with this text. What is not there is not touched, and what is
# not certain is refused.

# It must never change, because disks bear it.
disk_text='blobroot made this directory, and deletes what it made here.'

# disk_find SPEC: wait for a device and put its path into disk_device; false, with the reason in disk_error, if there is
# none; status 2 if there is more than one.
disk_find() {
	wait_until 10 disk_look "$1" || disk_refuse 'no such device, and none came in 10 s' || return
	case $1 in
	LABEL=* | UUID=*) disk_is_only "$1" ;;
	esac
}

disk_refuse() {
	disk_error=$1
	return 1
}

disk_look() {
	modules_coldplug
	case $1 in
	LABEL=* | UUID=*) disk_device=$(findfs "$1" 2>/dev/null) ;;
	*) disk_device=$blob_prefix$1 ;;
	esac
	[ -e "$disk_device" ]
}

# BusyBox's findfs prints the first device only, of all in /dev: ask again where that one is hidden, which is in a mount
# namespace that nobody else sees.
disk_is_only() {
	# shellcheck disable=SC2016 # for that shell
	disk_other=$(unshare -m sh -c 'mount -o bind "$1" "$2" && { findfs "$3" 2>/dev/null || echo none; }' \
		sh "$blob_prefix/dev/null" "$disk_device" "$1")
	case $disk_other in
	none) ;;
	'') disk_refuse "cannot find out whether $disk_device is the only one" ;;
	*)
		disk_refuse "both $disk_device and $disk_other have it: name the device, or change one of them"
		return 2
		;;
	esac
}

# disk_mount DIR OPTIONS [TYPE]: mount disk_device at DIR, and claim it. Read-only until it is known that nothing there is in our
# way, so that a disk that is refused stays as it was, to the byte. Where it is mounted already, for the store, that is known.
# False, with the reason in disk_error.
disk_mount() {
	disk_said=$(mount ${3:+-t "$3"} -o "ro,$2" "$disk_device" "$1" 2>&1) ||
		disk_said=$(mount ${3:+-t "$3"} -o "$2" "$disk_device" "$1" 2>&1) ||
		disk_refuse "cannot be mounted${3:+ as $3}: ${disk_said##*: }" || return
	disk_may_claim "$1" || return
	disk_said=$(mount -o "remount,rw,$2" "$disk_device" "$1" 2>&1) ||
		disk_refuse "cannot be mounted for writing: ${disk_said##*: }" || return
	disk_claim "$1"
}

# disk_claim DIR: the file system mounted at DIR has a directory /blobroot that is ours, from now on if not before; its
# path is in disk_ours. False, with the reason in disk_error.
disk_claim() {
	disk_may_claim "$1" || return
	[ -e "$disk_ours" ] || disk_said=$(mkdir -m 700 "$disk_ours" 2>&1) ||
		disk_refuse "cannot make /blobroot: ${disk_said##*: }" || return
	disk_has_mark || disk_mark
}

# Is there no /blobroot, or one of ours? Writes nothing.
disk_may_claim() {
	disk_ours=$1/blobroot
	[ -e "$disk_ours" ] || [ -h "$disk_ours" ] || return 0
	if [ -h "$disk_ours" ] || [ ! -d "$disk_ours" ] || [ ! -O "$disk_ours" ]; then
		disk_refuse "/blobroot is not a directory of root's, so not blobroot's: move it away" || return
	fi
	disk_has_mark && return
	# A boot that was cut short before the mark was complete leaves nothing else.
	case $(ls -A "$disk_ours") in
	'' | mark.new) ;;
	*) disk_refuse "/blobroot has no mark (/blobroot/mark), so it is not blobroot's: move it away" ;;
	esac
}

disk_has_mark() {
	[ ! -h "$disk_ours/mark" ] && [ -f "$disk_ours/mark" ] && [ -O "$disk_ours/mark" ] &&
		[ "$(head -c 200 "$disk_ours/mark")" = "$disk_text" ]
}

# noclobber: never into a file that is there, nor through a link. On the disk before it gets its name.
disk_mark() {
	rm -f "$disk_ours/mark.new"
	disk_said=$({ (set -C && echo "$disk_text" >"$disk_ours/mark.new") && sync &&
		mv "$disk_ours/mark.new" "$disk_ours/mark"; } 2>&1)
	disk_has_mark || disk_refuse "cannot write /blobroot/mark: ${disk_said##*: }"
}
