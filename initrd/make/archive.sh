# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# A cpio archive in the newc form that the kernel unpacks (Documentation/driver-api/early-userspace/
# buffer-format.rst), written by hand: only so do owner, times, inode numbers and link counts depend on nothing
# but the tree's names, modes and contents, and it takes no root rights.

# archive_write: the tree below the working directory, in the order of the names, to stdout.
archive_write() {
	archive_inode=0
	find . -mindepth 1 | sed 's|^\./||' | LC_ALL=C sort | while IFS= read -r archive_name; do
		archive_inode=$((archive_inode + 1))
		if [ -h "$archive_name" ]; then
			archive_target=$(readlink "$archive_name")
			archive_header 0120777 ${#archive_target} "$archive_name"
			printf %s "$archive_target"
			archive_pad ${#archive_target}
		elif [ -d "$archive_name" ]; then
			archive_header 0040755 0 "$archive_name"
		else
			archive_mode=0100644
			[ ! -x "$archive_name" ] || archive_mode=0100755
			# Keys and passwords.
			case $archive_name in
			etc/blobroot/client.* | etc/blobroot/netrc) archive_mode=0100600 ;;
			esac
			archive_size=$(wc -c <"$archive_name")
			archive_header $archive_mode "$archive_size" "$archive_name"
			cat "$archive_name"
			archive_pad "$archive_size"
		fi
	done
	archive_inode=0
	archive_header 0 0 'TRAILER!!!'
}

# archive_header MODE SIZE NAME. The fields: magic, inode, mode, uid, gid, links, mtime, size, the device's and
# the special file's major and minor, the length of the name with its zero, checksum.
archive_header() {
	printf '070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%s\0' \
		"$archive_inode" "$1" 0 0 1 0 "$2" 0 0 0 0 $((${#3} + 1)) 0 "$3"
	archive_pad $((110 + ${#3} + 1))
}

# Header with name, and contents, each end at a multiple of four bytes.
archive_pad() {
	case $(($1 % 4)) in
	1) printf '\0\0\0' ;;
	2) printf '\0\0' ;;
	3) printf '\0' ;;
	esac
}
