# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# A cpio archive in the newc form that the kernel unpacks (Documentation/driver-api/early-userspace/
# buffer-format.rst), by GNU cpio: owners, times, inode numbers and link counts depend on nothing but the tree's names,
# modes and contents, and it takes no root rights.

# archive_write: the tree below the working directory, in the order of the names, to stdout. Changes modes and times in it.
archive_write() {
	find . -type d -exec chmod 755 {} +
	find . -type f -perm /111 -exec chmod 755 {} +
	find . -type f ! -perm /111 -exec chmod 644 {} +
	# Keys and passwords.
	find . -type f \( -path './etc/blobroot/client.*' -o -path ./etc/blobroot/netrc \) -exec chmod 600 {} +
	find . -exec touch -h -d @0 {} +
	find . -mindepth 1 -printf '%P\n' | LC_ALL=C sort | cpio --quiet --reproducible -R +0:+0 -o -H newc
}
