#!/usr/bin/env atf-sh
# shellcheck shell=sh
# shellcheck source=tests/support/boot.sh
# SPDX-License-Identifier: MIT
#
# A fleet moves to a new image without a new command line: the root hash comes from the server, signed.
# shellcheck disable=SC2034,SC2154 # what boot.sh sets, and is told

support=$(cd "$(atf_get_srcdir)/../support" && pwd)

# An initramfs that trusts the key release, and the demo image beside which nothing is signed yet.
prepare() {
	. "$support/boot.sh"
	boot_serve
	for name in release stranger; do
		atf_check -e ignore openssl req -x509 -newkey rsa:2048 -nodes -keyout "$name.key" -out "$name.crt" \
			-subj "/O=fleet/CN=$name" -days 30
	done
	boot_mkinitrd --verity-cert release.crt
}

# By plain openssl, as the README has it.
sign() {
	atf_check openssl smime -sign -nocerts -noattr -binary -in www/demo.erofs.roothash -inkey "$1.key" \
		-signer "$1.crt" -outform der -out www/demo.erofs.roothash.p7s
}

atf_test_case an_image_that_a_trusted_key_has_signed_boots_without_a_root_hash
an_image_that_a_trusted_key_has_signed_boots_without_a_root_hash_body() {
	prepare
	sign release
	boot busybox-6.12 demo.erofs 0 '^demo: done' ip=dhcp demo.every=10 demo.run=engine-dies
	boot_has '^demo: all checksums right'
	boot_has "blobroot: image: root hash ${boot_proof#*=}, signed"
	# Later engines go on under the same root hash, and ask for no signature.
	atf_check -o inline:"1\n" grep -c 'roothash.p7s' log
}

atf_test_case an_image_that_nobody_has_signed_ends_the_boot
an_image_that_nobody_has_signed_ends_the_boot_body() {
	prepare
	boot busybox-6.12 demo.erofs 3 '^never$' ip=dhcp
	boot_fails_with "$guest_url/demo.erofs.roothash.p7s: .*404.*: nothing vouches for the image: add rd.blob.roothash=HEX"
}

atf_test_case an_image_that_a_stranger_has_signed_ends_the_boot
an_image_that_a_stranger_has_signed_ends_the_boot_body() {
	prepare
	sign stranger
	boot busybox-6.12 demo.erofs 3 '^never$' ip=dhcp rd.blob.contact=3
	boot_fails_with "$guest_url/demo.erofs.roothash.p7s: "
	boot_has_not 'root is up'
}

atf_init_test_cases() {
	atf_add_test_case an_image_that_a_trusted_key_has_signed_boots_without_a_root_hash
	atf_add_test_case an_image_that_nobody_has_signed_ends_the_boot
	atf_add_test_case an_image_that_a_stranger_has_signed_ends_the_boot
}
