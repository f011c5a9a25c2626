#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# initrd/mkinitrd: authorities, certificates, keys and passwords, and the time for the clock.
# shellcheck disable=SC1091,SC2034,SC2119

top=$(atf_get_srcdir)
until [ -e "$top/initrd/mkinitrd" ]; do top=$top/..; done
. "$top/tests/initrd/trust.sh"

atf_test_case secrets_are_roots_alone
secrets_are_roots_alone_body() {
	prepare
	umask 022
	makes 0 '' --ca cert --cert cert --key key --netrc netrc --verity-cert cert
	atf_check -o save:list -e ignore cpio -itv <a.img
	for name in client.crt client.key netrc; do
		atf_check -o ignore grep -E "^-rw------- .* etc/blobroot/$name\$" list
	done
	for name in blobroot/ca.crt verity.d/cert.crt; do
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
	# In files that everybody may read.
	makes 1 'mkinitrd: both: holds a private key, which is for nobody else to read\n' --verity-cert both
	makes 1 'mkinitrd: both: holds a private key, which is for nobody else to read\n' --ca both
	makes 1 'mkinitrd: --system-ca: --ca cert would not be the only one\n' --ca cert --system-ca
	makes 1 'mkinitrd: --ca: --system-ca would not be the only one\n' --system-ca --ca cert
	atf_check test ! -e a.img
}

atf_init_test_cases() {
	atf_add_test_case secrets_are_roots_alone
	atf_add_test_case the_time_is_an_input
	atf_add_test_case a_wrong_file_is_named
}
