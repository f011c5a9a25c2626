# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Where writes to the root go: directories upper and work on a tmpfs, or below /blobroot on a disk.

# overlay_open OVERLAY: OVERLAY is `tmpfs[:SIZE]` or a device. The directories are in overlay_dir; false, with the reason
# in overlay_error.
overlay_open() {
	case $1 in
	tmpfs) overlay_share && overlay_mount -t tmpfs -o "mode=0755,size=${overlay_kib}k" blobroot ;;
	tmpfs:*) overlay_size "${1#tmpfs:}" && overlay_mount -t tmpfs -o "mode=0755,size=$overlay_bytes" blobroot ;;
	*) overlay_open_disk "$1" ;;
	esac || return
	for overlay_name in upper work; do
		# A link would lead the kernel, which empties work, to what is not ours.
		[ ! -h "$overlay_dir/$overlay_name" ] || overlay_refuse "$overlay_name is a link: remove it" || return
		overlay_said=$(mkdir -p "$overlay_dir/$overlay_name" 2>&1) ||
			overlay_refuse "cannot make $overlay_name: ${overlay_said##*: }" || return
	done
}

# Put the default size into overlay_kib: a quarter of the available memory, or half of what the store leaves if that is less or
# nothing that was fetched takes memory for good: it is on a disk, or in the page cache. The kernel's own, half of all memory,
# would leave nothing to programs when both are full.
overlay_share() {
	overlay_kib=$(((blob_free_kib - blob_ram_kib) / 2)) overlay_beside=''
	if [ "$blob_ram_kib" -gt 0 ]; then
		[ "$overlay_kib" -le $((blob_free_kib / 4)) ] || overlay_kib=$((blob_free_kib / 4))
		overlay_beside="$((blob_ram_kib / 1024)) MB for the store, "
	fi
	# To a tmpfs 0 is no limit.
	[ "$overlay_kib" -ge 4096 ] || overlay_kib=4096
	log_say "memory: $((blob_free_kib / 1024)) MB available: at most $overlay_beside$((overlay_kib / 1024)) MB for what is written to the root"
}

# Put SIZE into overlay_bytes as the kernel reads it: to it a number with a 0 in front is octal.
overlay_size() {
	overlay_bytes=$(echo "$1" | sed 's/^0*//')
	case $overlay_bytes in
	[1-9]*) ;;
	*) overlay_refuse 'a size of 0, which to a tmpfs is no limit' ;;
	esac
}

overlay_refuse() {
	overlay_error=$1
	return 1
}

# overlay_mount ARGUMENT..
overlay_mount() {
	overlay_dir=$root_rw
	overlay_said=$(mount "$@" "$root_rw" 2>&1) || overlay_refuse "cannot be mounted: ${overlay_said##*: }"
}

# Earlier versions had the two outside of /blobroot: a root must not come up without what was written to it.
overlay_open_disk() {
	disk_find "$1" || overlay_refuse "$disk_error" || return
	disk_mount "$root_rw" noatime,nosuid,nodev || overlay_refuse "$disk_error" || return
	overlay_dir=$disk_ours
	[ -e "$overlay_dir/upper" ] || [ ! -d "$root_rw/upper" ] || [ ! -d "$root_rw/work/work" ] ||
		overlay_refuse '/upper and /work look like an earlier version of blobroot made them: move them to /blobroot, or rename them'
}

# Put those words of rootflags= that belong to any mount into overlay_words: they must hold for the overlay too.
overlay_pick_words() {
	overlay_words=''
	overlay_ifs=$IFS IFS=,
	set -f
	for overlay_word in $1; do
		case $overlay_word in
		nosuid | nodev | noexec | noatime | nodiratime | relatime | strictatime) overlay_words=$overlay_words$overlay_word, ;;
		esac
	done
	set +f
	IFS=$overlay_ifs
}
