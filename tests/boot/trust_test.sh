#!/usr/bin/env atf-sh
# shellcheck shell=sh
# shellcheck source=tests/support/boot.sh
# shellcheck source=tests/support/tls.sh
# SPDX-License-Identifier: MIT
#
# A host boots from a server and an image that its initramfs trusts: the server by an authority of its own, the image by a
# signer's key, so that a fleet moves to a new image without a new command line. What it refuses is in daemon/fetch/tls_test
# and daemon/trust/verity_signed_test.
# shellcheck disable=SC2034,SC2154 # what boot.sh sets, and is told

support=$(cd "$(atf_get_srcdir)/../support" && pwd)

atf_test_case a_host_without_a_clock_boots_over_https_what_a_trusted_key_has_signed
a_host_without_a_clock_boots_over_https_what_a_trusted_key_has_signed_body() {
	. "$support/boot.sh"
	. "$support/tls.sh"
	boot_serve
	tls_authority ours
	tls_certificate good ours ec IP:10.0.2.2
	tls_certificate host ours
	atf_check -e ignore openssl req -x509 -newkey rsa:2048 -nodes -keyout release.key -out release.crt \
		-subj /O=fleet/CN=release -days 30
	# By plain openssl, as the README has it.
	atf_check openssl smime -sign -nocerts -noattr -binary -in www/demo.erofs.roothash -inkey release.key \
		-signer release.crt -outform der -out www/demo.erofs.roothash.p7s
	boot_mkinitrd --ca ours.crt --cert host.crt --key host.key --verity-cert release.crt
	tls_serve good "ssl_verify_client on; ssl_client_certificate $PWD/ours.crt;
		location ~ [.]p7s\$ { access_log $PWD/asked; }"
	guest_url=https://10.0.2.2:$tls_port
	boot_qemu='-rtc base=1970-01-01T00:00:00'
	boot busybox-6.12 demo.erofs 0 '^demo: done' ip=dhcp demo.every=10 demo.run=engine-dies
	boot_has "blobroot: clock: it said 1970-01-01 00:0.:..: moved forward to $(date -u +%Y)-[-0-9]* [0-9:]*, when this initramfs was made"
	boot_has "blobroot: image: root hash ${boot_proof#*=}, signed"
	boot_has '^demo: all checksums right'
	atf_check -o ignore grep -q '^TLSv1.[23] 206 [0-9]* "CN=host"' log
	# Later engines go on under the same root hash, and ask for no signature.
	boot_has '^ENGINE deaths=1 wrong=0$'
	atf_check -o inline:"1\n" grep -c 'roothash.p7s' asked
}

atf_init_test_cases() {
	atf_add_test_case a_host_without_a_clock_boots_over_https_what_a_trusted_key_has_signed
}
