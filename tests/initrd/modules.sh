# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# For atf-sh tests of mkinitrd: a small kernel with modules, and mkinitrd with it.
# shellcheck disable=SC1091,SC2034,SC2154 # $top is the test's

. "$top/tests/initrd/fake.sh"

# module DIR NAME DEPENDS [TEXT]: as much of a kernel module as modinfo and depmod look at.
module() {
	mkdir -p "$1"
	printf '__attribute__((section(".modinfo"), used)) static const char i[] = "depends=%s\\0name=%s\\0text=%s";\n' \
		"$3" "$2" "${4:-}" >module.c
	gcc -c -o "$1/$2.ko" module.c || atf_fail "gcc cannot make a module"
}

# A kernel with all that the default lists need. erofs has two others under it; brd is built in.
kernel() {
	dir=kernel/usr/lib/modules/6.0-test
	module $dir/fs erofs libcrc32c,low-part
	module $dir/lib libcrc32c ''
	module $dir/lib low-part ''
	module $dir/fs cachefiles ''
	for name in overlay af_packet virtio_net virtio_pci; do
		module $dir/drivers $name ''
	done
	xz $dir/fs/cachefiles.ko
	printf 'kernel/drivers/overlay.ko\nkernel/x/none.ko\nkernel/fs/erofs.ko\n' >$dir/modules.order
	: >$dir/modules.builtin.modinfo
	printf 'kernel/drivers/block/brd.ko\nkernel/fs/ext4.ko\n' >$dir/modules.builtin
	cp /bin/true daemon
}

# makes STATUS ERROR OPTION..: mkinitrd ends with STATUS and says ERROR.
makes() {
	[ -x "$busybox" ] || atf_fail "$busybox is missing: make build/busybox"
	status=$1 error=$2
	shift 2
	atf_check -s "exit:$status" -e "inline:$error" "$top/initrd/mkinitrd" --kernel 6.0-test --modules kernel \
		--busybox "$busybox" --blobrootd daemon "$@"
}
