#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# initrd/make/trust.sh, as initrd/mkinitrd and dracut's module use it: whose signatures a host accepts.
# shellcheck disable=SC1091,SC2034,SC2119

top=$(atf_get_srcdir)
until [ -e "$top/initrd/mkinitrd" ]; do top=$top/..; done
. "$top/tests/initrd/trust.sh"

# dracut_makes STATUS ERROR: what dracut's module puts into ./dracut from ./etc, or what it says.
dracut_makes() {
	mkdir -p lib/dracut/modules.d/55blobroot lib/blobroot
	ln -sfn "$top/initrd/make" lib/blobroot/make
	rm -rf dracut
	cat >include <<-EOF
		moddir=$PWD/lib/dracut/modules.d/55blobroot dracutsysrootdir=$PWD
		derror() { echo "\$*" >&2; }
		. $top/hooks/dracut/55blobroot/module-setup.sh
		blobroot_trust dracut
	EOF
	atf_check -s "exit:$1" -e "inline:$2" bash include
}

# both_refuse FILE WHY: with FILE in ./etc/verity.d neither makes an initramfs.
both_refuse() {
	makes 1 "mkinitrd: etc/verity.d/$1: $2\n" --verity-cert "etc/verity.d/$1"
	dracut_makes 1 "blobroot: $PWD/etc/verity.d/$1: $2\n"
	rm -rf "etc/verity.d/$1"
}

atf_test_case dracut_and_mkinitrd_take_the_same_signers
dracut_and_mkinitrd_take_the_same_signers_body() {
	prepare
	mkdir -p etc/verity.d/revoked etc/verity.d/deep/er
	for name in a b.c .hidden revoked/old deep/er/x; do cp cert "etc/verity.d/$name.crt"; done
	ln -s ../../cert etc/verity.d/link.crt
	cp cert etc/verity.d/README
	cp cert etc/verity.d/other.pem
	sed 's/$/\r/' cert >etc/verity.d/crlf.crt
	set --
	for file in etc/verity.d/*.crt; do set -- "$@" --verity-cert "$file"; done
	makes 0 '' "$@"
	dracut_makes 0 ''
	atf_check -o inline:'a.crt\nb.c.crt\ncrlf.crt\nlink.crt\n' ls -A dracut/etc/verity.d
	atf_check diff -r tree/etc/verity.d dracut/etc/verity.d
	# None, and no directory for them.
	rm -rf etc/verity.d/*.crt
	dracut_makes 0 ''
	atf_check test ! -e dracut/etc/verity.d
	rm -rf etc/verity.d
	dracut_makes 0 ''
}

atf_test_case neither_takes_what_is_no_certificate
neither_takes_what_is_no_certificate_body() {
	prepare
	mkdir -p etc/verity.d/directory.crt
	both_refuse directory.crt 'is not a file'
	mkfifo etc/verity.d/pipe.crt
	both_refuse pipe.crt 'is not a file'
	ln -s nowhere etc/verity.d/link.crt
	both_refuse link.crt 'no such file'
	: >etc/verity.d/empty.crt
	both_refuse empty.crt 'is not a certificate in PEM form'
	openssl x509 -in cert -outform der -out etc/verity.d/der.crt
	both_refuse der.crt 'is not a certificate in PEM form'
	# openssl's own form, which blobrootd cannot read.
	openssl x509 -in cert -trustout -out etc/verity.d/trusted.crt
	both_refuse trusted.crt 'is not a certificate in PEM form'
	cat cert cert >etc/verity.d/several.crt
	both_refuse several.crt 'holds several certificates: a file for each'
	# The others of the directory, too: a link to nowhere is not as if there were none.
	mkdir etc/blobroot
	ln -s nowhere etc/blobroot/ca.crt
	dracut_makes 1 "blobroot: $PWD/etc/blobroot/ca.crt: no such file\n"
}

atf_test_case a_signer_replaces_no_other
a_signer_replaces_no_other_body() {
	prepare
	cp cert a.crt
	makes 0 '' --verity-cert a.crt --verity-cert a.crt
	{ cat cert && echo more; } >a.pem
	makes 1 'mkinitrd: a.pem: there is another a.crt\n' --verity-cert a.crt --verity-cert a.pem
	rm -rf a.img tree
	cp cert .crt
	makes 1 'mkinitrd: .crt: has no name\n' --verity-cert .crt
}

atf_init_test_cases() {
	atf_add_test_case dracut_and_mkinitrd_take_the_same_signers
	atf_add_test_case neither_takes_what_is_no_certificate
	atf_add_test_case a_signer_replaces_no_other
}
