#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# initrd/mkinitrd: authorities, certificates, keys and passwords, and the time for the clock.
# shellcheck disable=SC1091,SC2034,SC2119

top=$(atf_get_srcdir)
until [ -e "$top/initrd/mkinitrd" ]; do top=$top/..; done
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

atf_test_case secrets_are_roots_alone
secrets_are_roots_alone_body() {
	prepare
	umask 022
	makes 0 '' --ca cert --cert cert --key key --netrc netrc --verity-cert cert --verity-cert both
	atf_check -o save:list -e ignore cpio -itv <a.img
	for name in client.crt client.key netrc; do
		atf_check -o ignore grep -E "^-rw------- .* etc/blobroot/$name\$" list
	done
	for name in blobroot/ca.crt verity.d/cert.crt verity.d/both.crt; do
		atf_check -o ignore grep -E "^-rw-r--r-- .* etc/$name\$" list
	done
	atf_check cmp key tree/etc/blobroot/client.key
	atf_check cmp cert tree/etc/blobroot/ca.crt
	makes 0 '' --cert both
	atf_check test ! -e tree/etc/blobroot/client.key -a ! -e tree/etc/blobroot/ca.crt -a ! -e tree/etc/ssl
}

atf_test_case the_time_is_an_input
the_time_is_an_input_body() {
	prepare
	touch -d @1600000000 daemon
	busybox_time=$(stat -L -c %Y "$busybox")
	makes 0 ''
	atf_check -o inline:"$busybox_time\n" cat tree/etc/blobroot/built
	touch -d @4000000000 cert
	makes 0 '' --ca cert
	atf_check -o inline:'4000000000\n' cat tree/etc/blobroot/built
	cp a.img 4.img
	export SOURCE_DATE_EPOCH=1700000000
	makes 0 '' --ca cert
	atf_check -o inline:'1700000000\n' cat tree/etc/blobroot/built
	cp a.img b.img
	touch cert daemon
	makes 0 '' --ca cert
	atf_check cmp a.img b.img
	atf_check -s exit:1 -o ignore cmp a.img 4.img
}

atf_test_case a_wrong_file_is_named
a_wrong_file_is_named_body() {
	prepare
	makes 1 'mkinitrd: nosuch: no such file\n' --ca nosuch
	makes 1 'mkinitrd: key: is not a certificate in PEM form\n' --ca key
	makes 1 'mkinitrd: netrc: is not a certificate in PEM form\n' --cert netrc
	makes 1 'mkinitrd: cert: has no private key in it, and none is beside it\n' --cert cert
	makes 1 'mkinitrd: cert: is not a private key in PEM form\n' --cert cert --key cert
	makes 1 'mkinitrd: locked: the private key has a passphrase, which nobody could type at boot\n' --cert cert --key locked
	makes 1 'mkinitrd: key: whose key? There is no certificate\n' --key key
	makes 1 'mkinitrd: key: is not a netrc: it names no machine\n' --netrc key
	makes 1 'mkinitrd: key: is not a certificate in PEM form\n' --verity-cert key
	makes 1 'mkinitrd: --system-ca: --ca cert would not be the only one\n' --ca cert --system-ca
	makes 1 'mkinitrd: --ca: --system-ca would not be the only one\n' --system-ca --ca cert
	atf_check test ! -e a.img
}

atf_init_test_cases() {
	atf_add_test_case secrets_are_roots_alone
	atf_add_test_case the_time_is_an_input
	atf_add_test_case a_wrong_file_is_named
}
