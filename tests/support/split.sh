# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# For atf-sh boot tests: a VM in which tests/boot/split/init plays both keeper and engine.
#
# Flow: a test body, or a host of hosts.sh, sources it and calls split; the console is in ./console.
# shellcheck disable=SC2154 # what boot.sh sets

# shellcheck source=tests/support/boot.sh
. "$support/boot.sh"
# shellcheck source=tests/support/promises.sh
. "$support/promises.sh"

# split FLAVOUR [WORD..]: a VM with that flavour's modules runs the script of promises, if it is to (the word
# split.promises), and reads a compressed image that is cached in stripes.
split() {
	split_flavour=$1
	shift
	mkdir tree tree/files add add/bin
	for i in $(seq 40); do
		seq "$i" 60000 >"tree/files/$i"
	done
	(cd tree && find files -type f -exec md5sum {} + >sums)
	atf_check -o ignore -e ignore mkfs.erofs -zlz4hc -C65536 add/split.erofs tree
	cp "$boot_top/tests/boot/split/init" add/split-init
	cp "$boot_build/tests/support/split_daemon" "$boot_build/tests/support/tree" "$boot_build/tests/support/promises_real" \
		add/bin/
	promises_image add/promises.erofs
	cp "$boot_top/tests/support/promises.script" add/
	cp "$boot_build/layouts/www/13-chunks-64k" add/holes.erofs
	cp "$boot_build/layouts/www/truth" add/holes.truth
	(cd add && find . | cpio -o -H newc --quiet) >add.cpio
	cat "$(boot_initrd_of "$split_flavour")" add.cpio >initrd
	turn_take
	"$boot_top/qemu/run" --kernel "$boot_build/boot/$split_flavour/vmlinuz" --initrd initrd --console console.raw \
		--timeout 400 --mem 1024 --nic none --marker 'SPLIT done' --append "rdinit=/split-init panic=-1 $*" \
		>end 2>&1 </dev/null 6>&- || atf_fail "$(cat end)"
	turn_give
	tr -d '\r' <console.raw >console
	boot_has_not 'SPLIT no '
}
