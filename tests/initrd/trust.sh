# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# For atf-sh tests of initrd/make/trust.sh: a small kernel and files of every kind, and mkinitrd with them.
# shellcheck disable=SC1091,SC2154 # $top is the test's

. "$top/tests/initrd/fake.sh"

# A kernel whose modules are all built in but for one, and files of every kind.
prepare() {
	dir=kernel/lib/modules/6.0-test
	mkdir -p $dir
	: >$dir/modules.order
	: >$dir/modules.builtin.modinfo
	for name in cachefiles erofs ext4 brd overlay af_packet virtio_pci; do
		echo "kernel/$name.ko"
	done >$dir/modules.builtin
	printf '%s\n' '__attribute__((section(".modinfo"), used)) static const char i[] = "depends=\0name=virtio_net";' >module.c
	atf_check gcc -c -o $dir/virtio_net.ko module.c
	cp /bin/true daemon
	atf_check -e ignore openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=x -days 2 \
		-keyout key -out cert
	atf_check openssl pkey -in key -aes128 -passout pass:x -out locked
	cat cert key >both
	echo 'machine a login b password c' >netrc
}

# makes STATUS ERROR OPTION..: mkinitrd ends with STATUS and says ERROR.
makes() {
	[ -x "$busybox" ] || atf_fail "$busybox is missing: make build/busybox"
	status=$1 error=$2
	shift 2
	atf_check -s "exit:$status" -e "inline:$error" "$top/initrd/mkinitrd" --kernel 6.0-test --modules kernel \
		--busybox "$busybox" --blobrootd daemon --compress none --tree tree --out a.img "$@"
}
