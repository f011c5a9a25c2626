#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# hooks/dracut: what dracut makes of our module inside Debian 12's tree, or why it makes nothing.

top=$(cd "$(atf_get_srcdir)/../../.." && pwd)

# made STATUS [OPTION..]: an initramfs for the cloud kernel with what lies in ./installed; $kernel is its modules' root.
made() {
	made_status=$1
	shift
	atf_check -s exit:"$made_status" -o ignore -e save:said "$top/hooks/dracut/mkinitrd" --tree "$top/build/trees/dracut-bookworm.tar" \
		--installed installed --kernel "$kver" --modules "$kernel" "$@" --out initrd.img \
		--compress cat --no-early-microcode --add network-legacy
}
kver=$(cat "$top/build/kernel/cloud.kver")
kernel=$top/build/kernel/$kver/root
ours=$top/build/modules/$kver

# transports_test has every reason.
atf_test_case a_kernel_with_no_transport_is_said_when_the_initramfs_is_made
a_kernel_with_no_transport_is_said_when_the_initramfs_is_made_body() {
	cp -a "$top/build/dracut/installed" installed
	mkdir -p own/boot own/lib
	cp -a "$kernel/usr/lib/modules" own/lib/
	grep -v BACKED_BY_FILE "$kernel/boot/config-$kver" >"own/boot/config-$kver"
	kernel=own
	made 1
	atf_check -o inline:'1\n' grep -c 'blobroot: ' said
	atf_check -o ignore grep "blobroot: no transport works with kernel $kver: cachefiles: .*make modules-install KVER=$kver.*; fuse: .*CONFIG_EROFS_FS_BACKED_BY_FILE" said
	atf_check test ! -e initrd.img
}

# What an administrator has put beside the module.
trusted() {
	mkdir -p installed/etc/blobroot installed/etc/verity.d/revoked
	atf_check -e ignore openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=boot.example -keyout key -out cert
	cp cert installed/etc/blobroot/ca.crt
	cp cert installed/etc/blobroot/client.crt
	cp cert installed/etc/verity.d/signer.crt
	cp cert installed/etc/verity.d/revoked/old.crt
	cp key installed/etc/blobroot/client.key
	echo 'machine a login b password c' >installed/etc/blobroot/netrc
}

atf_test_case a_key_in_the_place_of_a_certificate_is_said_when_the_initramfs_is_made
a_key_in_the_place_of_a_certificate_is_said_when_the_initramfs_is_made_body() {
	cp -a "$top/build/dracut/installed" installed
	trusted
	cp key installed/etc/verity.d/signer.crt
	made 1 --updates "$ours"
	atf_check -o ignore grep 'blobroot: .*/etc/verity.d/signer.crt: is not a certificate in PEM form' said
	atf_check test ! -e initrd.img
}

atf_test_case what_the_host_trusts_goes_in
what_the_host_trusts_goes_in_body() {
	cp -a "$top/build/dracut/installed" installed
	trusted
	made 0 --updates "$ours"
	atf_check -o inline:'1\n' grep -c "blobroot: transports with kernel $kver: cachefiles, fuse\$" initrd.img.log
	mkdir tree
	atf_check -o ignore -e ignore sh -c 'cd tree && cpio -id --no-absolute-filenames <../initrd.img'
	for file in blobroot/ca.crt blobroot/netrc blobroot/client.crt blobroot/client.key verity.d/signer.crt; do
		atf_check cmp "installed/etc/$file" "tree/etc/$file"
	done
	atf_check -o inline:'signer.crt\n' ls -A tree/etc/verity.d
	for file in netrc client.crt client.key; do
		atf_check -o inline:'600\n' stat -c %a "tree/etc/blobroot/$file"
	done
	atf_check -o match:'^[0-9]{9,}$' cat tree/etc/blobroot/built
	# The stages are initrd's own files, and BusyBox and blobrootd the ones that ship.
	for file in "$top"/initrd/lib/*.sh; do
		atf_check cmp "$file" "tree/lib/blobroot/$(basename "$file")"
	done
	atf_check cmp "$top/build/blobrootd" tree/lib/blobroot/bin/blobrootd
	atf_check cmp "$top/build/busybox" tree/lib/blobroot/bin/busybox
	# Ours, not the kernel's.
	atf_check cmp "$ours/cachefiles.ko" "tree/lib/modules/$kver/updates/cachefiles.ko"
}

atf_init_test_cases() {
	atf_add_test_case a_kernel_with_no_transport_is_said_when_the_initramfs_is_made
	atf_add_test_case a_key_in_the_place_of_a_certificate_is_said_when_the_initramfs_is_made
	atf_add_test_case what_the_host_trusts_goes_in
}
