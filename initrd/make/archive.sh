# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# A cpio archive in the newc format that the kernel unpacks (Documentation/driver-api/early-userspace/
# buffer-format.rst), by GNU cpio. Owners, times, inode numbers and link counts depend on nothing but the tree's names,
# modes and contents. No root privileges are needed.

# archive_write: write the tree below the working directory to stdout, sorted by name. Changes its modes and times.
archive_write() {
	find . -type d -exec chmod 755 {} +
	find . -type f -perm /111 -exec chmod 755 {} +
	find . -type f ! -perm /111 -exec chmod 644 {} +
	# Keys and passwords.
	find . -type f \( -path './etc/blobroot/client.*' -o -path ./etc/blobroot/netrc \) -exec chmod 600 {} +
	find . -exec touch -h -d @0 {} +
	find . -mindepth 1 -printf '%P\n' | LC_ALL=C sort | cpio --quiet --reproducible -R +0:+0 -o -H newc
}
