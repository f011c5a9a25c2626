# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Images are kept in $cache, so a second run of the same tree starts at once.
#
#   $cache/KEY/        root.erofs, .verity and .roothash of one tree, or the latter two of one EROFS file
#   $cache/lock.0 ..   held while what has a KEY with this first digit is made, linked or removed; never removed
#   $cache/run.PID.*/  one run's own files. Its image is a hard link: it stays if the kept one is removed meanwhile
# shellcheck disable=SC2154 # $cache, $work, $top and $image_what are of other parts

# keep_find TESTS..: find(1) in what is booted.
keep_find() {
	case $keep_kind in
	tree) find "$image_what/" "$@" ;;
	file) find -L "$image_what" "$@" ;;
	esac
}

# What the image depends on, in 40 digits: all that changes when a file changes, as ctime, which the kernel alone sets; and how
# it is made.
keep_make_key() {
	{
		# It fails even when it is only asked for its version.
		mkfs.erofs -V 2>&1 || :
		cat "$top/images/mkimage" "$top/images/unpacked" "$top/images/verity" "$top/images/as-root"
		echo "$keep_kind $keep_make $image_way"
		keep_find -printf '%D %P %y %m %U %G %s %T@ %C@ %i %l\0' | LC_ALL=C sort -z
	} | sha256sum | cut -c 1-40
}

# What has just changed could change again without a new ctime, because clocks are not that precise. What cannot be read is
# not known. And on other file systems than these ctime may not show a change: in a mounted image, all files may have the same.
keep_is_settled() {
	[ -z "$(keep_find \( -newerct '2 seconds ago' -o ! \( -fstype ext4 -o -fstype ext3 -o -fstype ext2 -o -fstype xfs -o -fstype btrfs \
		-o -fstype tmpfs -o -fstype overlay -o -fstype zfs -o -fstype f2fs -o -fstype bcachefs \) \) -print -quit 2>&1)" ]
}

# keep_image KIND MAKE: links the image of a `tree` or a `file` into $work/www. If none of what is there now is kept, MAKE makes
# one at the path that it is given. It is kept unless something changes meanwhile.
keep_image() {
	keep_kind=$1 keep_make=$2
	keep_key=$(keep_make_key 2>/dev/null)
	exec 8>>"$cache/lock.${keep_key%"${keep_key#?}"}"
	work_run flock 8
	keep_it=1
	keep_is_settled || keep_it=''
	if [ ! -d "$cache/$keep_key" ]; then
		mkdir "$work/new"
		"$keep_make" "$work/new/root.erofs"
		[ "$(keep_make_key 2>/dev/null)" = "$keep_key" ] || keep_it=''
		# What is kept is whole, after a power cut too.
		work_run sync "$work"/new/*
		mv -T "$work/new" "$cache/$keep_key"
	fi
	touch "$cache/$keep_key"
	ln -f "$cache/$keep_key"/root.erofs* "$work/www/"
	[ -n "$keep_it" ] || rm -rf "${cache:?}/$keep_key"
	exec 8>&-
	keep_prune
}

# The oldest go until the rest is no more than 8 GiB; and what runs have left that a power cut ended.
keep_prune() {
	for keep_dir in "$cache"/run.*; do
		keep_pid=${keep_dir#"$cache/run."} keep_pid=${keep_pid%.*}
		[ -e "/proc/$keep_pid" ] || [ -z "$(find "$keep_dir" -maxdepth 0 -mtime +0 2>/dev/null)" ] || rm -rf "$keep_dir"
	done
	# Another run may remove one meanwhile.
	du -sk --time --time-style=+%s "$cache"/????????????????????????????????????????/ 2>/dev/null | sort -k 2rn |
		while read -r keep_size _ keep_dir; do
			keep_sum=$((${keep_sum:-0} + keep_size))
			[ "$keep_sum" -gt "$keep_limit" ] || continue
			keep_name=$(basename "$keep_dir")
			flock -n "$cache/lock.${keep_name%"${keep_name#?}"}" rm -rf "$cache/$keep_name" || :
		done
}
keep_limit=${BLOBROOT_CACHE_KIB:-8388608}
