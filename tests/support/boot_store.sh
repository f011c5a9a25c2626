# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# For atf-sh boot tests of a store on a disk: ./disk, which is given to each boot.
#
# Flow: a test sources it after boot.sh.
# shellcheck disable=SC2034,SC2154 # what boot.sh reads and sets

# store_disk SIZE: an empty one, as stock tools make it.
store_disk() {
	rm -f disk
	truncate -s "$1" disk
	atf_check -o ignore -e ignore mkfs.ext4 -q -L blobs disk
	boot_options="--drive $PWD/disk"
}

# What is left of it only root may use, and it is little more than ext4 keeps for itself: 4096 blocks.
store_fill_disk() {
	e2fsck -fp disk >e2fsck.out 2>&1 || atf_check_equal 1 $?
	echo filler >filler
	cat >fill <<-EOT
	write filler filler
	fallocate filler 1 $(dumpe2fs -h disk 2>/dev/null | sed -n 's/^Free blocks: *//p' | awk '{ print $1 - 6000 }')
	EOT
	atf_check -o ignore -e ignore debugfs -w -f fill disk
	atf_check test "$(dumpe2fs -h disk 2>/dev/null | sed -n 's/^Free blocks: *//p')" -lt 7000
}

# store_boots FLAVOUR FILE: the demo root comes up from the disk; FILE gets the bytes that were fetched until then.
store_boots() {
	# When the guest has powered off, all of it is on the disk.
	boot "$1" demo.erofs 0 'reboot: Power down' ip=dhcp "$boot_proof" rd.blob.cache=LABEL=blobs
	boot_has '^demo: all checksums right'
	sed -n 's/.*root is up: .* fetched=\([0-9]*\) .*/\1/p' console >"$2"
}

# spoil_blocks FILE COUNT: other bytes in COUNT of its blocks on the disk, chosen by chance, the same in each run. mkfs.ext4 gives a small
# disk blocks of 1024 bytes.
spoil_blocks() {
	spoil_size=$(dumpe2fs -h disk 2>/dev/null | sed -n 's/^Block size: *//p')
	# Its own blocks only: what tells where they are lies between them.
	debugfs -R "stat $1" disk 2>/dev/null | sed -n 's/.*Size: *//p' | head -n 1 | awk -v n="$2" -v size="$spoil_size" -v file="$1" '
		BEGIN { srand(16) } { for (; n; n--) print "bmap", file, int(rand() * $1 / size) }' >chosen
	debugfs -f chosen disk 2>/dev/null | grep -x '[1-9][0-9]*' >spoiled
	while read -r spoil_at; do
		echo spoiled | dd of=disk bs=1 seek=$((spoil_at * spoil_size + 100)) conv=notrunc status=none
	done <spoiled
}
