# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# For atf-sh tests of initrd/lib: somebody's disk. It is a directory here, where mount would have mounted it: $disk for
# the store, $rw for the overlay.
#
# Flow: a test sources it after fake.sh.
# shellcheck disable=SC2034 # variables that tests use

disk=made/run/blobroot/store
rw=made/run/blobroot/rw
mark='blobroot made this directory, and deletes what it made here.'

# A stranger's disk, with directories of the names that the kernel's cache and the overlay use.
strangers() {
	fake_root
	: >made/dev/vda
	for name in cache graveyard upper work photos; do
		mkdir -p "$1/$name"
		echo "$name" >"$1/$name/file"
	done
}

marked() {
	mkdir -p "$1/blobroot"
	echo "$mark" >"$1/blobroot/mark"
}

# lists store|rw FILE..: these are the files and links of the disk, and no others.
lists() {
	(cd "root/run/blobroot/$1" && find . ! -type d | sed 's|^..||' | sort | tr '\n' ' ') >listed
	shift
	atf_check -o inline:"$* " cat listed
}
theirs='cache/file graveyard/file photos/file upper/file work/file'

