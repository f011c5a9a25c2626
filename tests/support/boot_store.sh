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

# store_boots FLAVOUR FILE: the demo root comes up from the disk; FILE gets the bytes that were fetched until then.
store_boots() {
	boot "$1" demo.erofs 0 '^demo: done' ip=dhcp "$boot_proof" rd.blob.cache=LABEL=blobs
	boot_has '^demo: all checksums right'
	sed -n 's/.*root is up: .* fetched=\([0-9]*\) .*/\1/p' console >"$2"
}

# spoil_blocks FILE COUNT: other bytes in COUNT of its blocks on the disk, chosen by chance, the same in each run. mkfs.ext4 gives a small
# disk blocks of 1024 bytes.
spoil_blocks() {
	spoil_size=$(dumpe2fs -h disk 2>/dev/null | sed -n 's/^Block size: *//p')
	debugfs -R "blocks $1" disk 2>/dev/null | tr ' ' '\n' | awk -v n="$2" '
		BEGIN { srand(16) } $1 > 0 { at[count++] = $1 } END { for (; n; n--) print at[int(rand() * count)] }' >spoiled
	while read -r spoil_at; do
		echo spoiled | dd of=disk bs=1 seek=$((spoil_at * spoil_size + 100)) conv=notrunc status=none
	done <spoiled
}
