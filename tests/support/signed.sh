# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# For atf-sh tests of the daemon: an image whose published root hash is signed.
#
# Flow: a test sources it at its head; its bodies call signed, then serves, or kernel_run --start.
# shellcheck disable=SC2034,SC2154 # variables that are verity.sh's or kernel.sh's

# shellcheck source=tests/support/verity.sh
. "$support/verity.sh"

# An image, and ./etc/verity.d that trusts the key release. Signed by NAME, by plain openssl.
signed() {
	verity_serve "${2:-1000000}"
	kernel_trust=
	printf %s "$root" >www/x.erofs.roothash
	verity_keys
	sign "$1"
}

sign() {
	atf_check openssl smime -sign -nocerts -noattr -binary -in www/x.erofs.roothash -inkey "$1.key" -signer "$1.crt" \
		-outform der -out www/x.erofs.roothash.p7s
}

serves() {
	kernel_run --start <<-EOF
		ready
		open image
		scan 1 128K
	EOF
}
