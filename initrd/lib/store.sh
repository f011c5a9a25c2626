# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# The store: the directory in which the kernel keeps fetched blocks, on an ext4 on a RAM disk (blob_has_store=ram); or on a device,
# from which the daemon links to it what it keeps there for later boots (both); or only what the daemon keeps there (disk).
#
# What the kernel finds there under the right name it reads without asking the engine, so nothing may be there that the
# engine did not prove: each start of the daemon gets a directory that did not exist before. The one of an earlier boot is
# deleted, with the links in it. Where that cannot be, the device is not used.
#
# Why brd and not zram: the cost of an empty store of 1.9 GB, and then of 64 MB of an image, in KB of memory, in a
# guest with 4 GB under QEMU's TCG, Linux 6.12.117; and the time to write and to read them back, in 0.01 s:
#
#                empty store   + 64 MB of lz4hc image   + 64 MB of plain image   write, read (lz4hc)
#   brd                  580                   65 520                   65 520                70,  6
#   zram, lz4         11 800                   62 160                   34 420               103, 11
#   zram, zstd        12 200                   52 110                   24 960               260, 55
#
# zram allocates its table at once, 24 bytes per page of the whole device. With the compressed images that mkimage
# makes, brd is therefore cheaper until 210 MB are fetched, more than a Debian root needs to boot; and it leaves
# zram0 to the root's own swap. Measured so: modprobe, mke2fs and dd as below, `dd bs=64k oflag=direct` of the first
# 64 MB of an image of /usr/lib/x86_64-linux-gnu, then `dd iflag=direct`; memory is MemFree + Buffers + Cached +
# SReclaimable + the pages on per-CPU lists (/proc/zoneinfo), after four times sync, drop_caches and 1 s. Two
# runs differ by less than 250 KB. The store had 1024 inodes then, and its 4096 cost 770 KB more; mke2fs's default number costs
# 31 100 KB instead of 580.

store_mount=$blob_prefix/run/blobroot/store

# Whatever store there is to be.
store_begin() {
	case $blob_has_store in
	ram) store_open_ram ;;
	disk)
		if store_open_disk "$blob_cache"; then
			store_delete_old || log_error "$store_error"
		else
			log_error "$store_error: going on without it"
		fi
		;;
	both) store_open_disk "$blob_cache" || store_fall_back ;;
	esac
}

# A RAM disk gets the size that the probe has put into blob_ram_kib (daemon/keeper/room.c). It takes memory only as it is filled,
# and the engine fetches no more than it can hold.
store_open_ram() {
	mkdir -p "$store_mount"
	store_make_ram || fail_boot "store: $store_error"
	disk_device=$store_device
	disk_mount "$store_mount" user_xattr,noatime,nosuid,nodev,noexec ext4 || fail_boot "store: $disk_error"
}

# store_open_disk SPEC: a device that is LABEL=.., UUID=.. or a path. What is read there is proven. False, with the reason in
# store_error, if it cannot be used; but a boot does not choose between two.
store_open_disk() {
	mkdir -p "$store_mount"
	log_waiting "store: waiting for $1" disk_find "$1"
	store_found=$?
	[ "$store_found" -ne 2 ] || fail_boot "store: $1: $disk_error"
	if [ "$store_found" -ne 0 ] || ! disk_mount "$store_mount" noatime,nosuid,nodev,noexec; then
		store_error="store: $1: $disk_error"
		store_close
		return 1
	fi
}

store_close() { umount "$store_mount" 2>/dev/null || umount -l "$store_mount" 2>/dev/null; }

# The disk cannot be used, as store_error says: the kernel's files are on a RAM disk in this boot, and nothing is kept.
store_fall_back() {
	[ "$blob_ram_instead_kib" -gt 0 ] || fail_boot "$store_error, and there is too little memory for a store there"
	log_error "$store_error: going on with a store in memory"
	blob_cache=ram blob_has_store=ram blob_ram_kib=$blob_ram_instead_kib
	# bring-up may run again, and read that once more.
	echo "blob_cache=ram blob_has_store=ram blob_ram_kib=$blob_ram_kib" >>"$daemon_probed"
	store_open_ram
}

# Put the path of an empty directory into store_dir. False, with the reason in store_error.
store_fresh() {
	disk_claim "$store_mount" || store_refuse "store: $blob_cache: $disk_error" || return
	store_delete_old || return
	store_dir=$disk_ours/store.$(cat "$blob_prefix/proc/sys/kernel/random/uuid") || store_refuse "store: $blob_cache: no random name" || return
	# Without -p: one that exists is an error.
	store_error=$(mkdir -m 700 "$store_dir" 2>&1) ||
		store_refuse "store: $blob_cache: cannot make ${store_dir#"$store_mount"}: ${store_error##*: }"
}

# What the kernel kept for an earlier boot, which nobody has proven.
store_delete_old() {
	for store_old in "$disk_ours"/store.*; do
		[ -e "$store_old" ] || [ -h "$store_old" ] || continue
		store_error=$(rm -rf "$store_old" 2>&1)
		if [ -e "$store_old" ] || [ -h "$store_old" ]; then
			store_refuse "store: $blob_cache: what an earlier boot left in ${store_old#"$store_mount"} cannot be deleted: ${store_error##*: }"
			return
		fi
	done
}

store_refuse() {
	store_error=$1
	return 1
}

# 4096 inodes, whatever the size: a volume of the kernel's cache takes 257 (its directories @00 to @ff), a blob one. So there is
# room for fifteen mounts without a domain. BusyBox's mke2fs writes all inode tables, and every written block takes memory:
# these 1 MB. 4096-byte blocks, so that the kernel's direct writes to it are its own pages.
#
# mke2fs makes an ext2, whose block-mapped files do not support direct writes into holes: ext4 falls back to
# buffered ones. The single bit INCOMPAT_EXTENTS (0x40 in the byte at 0x60 of the superblock, which is at 1024)
# makes every new file extent-mapped.
store_make_ram() {
	modprobe -q brd rd_nr=1 "rd_size=$blob_ram_kib" max_part=0
	store_device=$blob_prefix/dev/ram0
	wait_until 2 test -e "$store_device" || store_refuse "no RAM disk: this kernel has no brd module here" || return
	store_error=$(mke2fs -F -b 4096 -I 256 -i "$((blob_ram_kib / 4))" -m 0 "$store_device" 2>&1 >/dev/null) ||
		store_refuse "no file system on the RAM disk: $store_error" || return
	store_error=$(printf '\102' | dd of="$store_device" bs=1 seek=1120 conv=notrunc 2>&1) ||
		store_refuse "the RAM disk cannot be written to: ${store_error##*: }"
}
