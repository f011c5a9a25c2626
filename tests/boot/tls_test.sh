#!/usr/bin/env atf-sh
# shellcheck shell=sh
# shellcheck source=tests/support/boot.sh
# shellcheck source=tests/support/tls.sh
# SPDX-License-Identifier: MIT
#
# A host boots over https: with an authority of its own, without a clock; and not from a server that it cannot trust.
# shellcheck disable=SC2034,SC2154 # what boot.sh sets, and is told

support=$(cd "$(atf_get_srcdir)/../support" && pwd)

# The image, and authorities: the initramfs will trust ours.
prepare() {
	. "$support/boot.sh"
	. "$support/tls.sh"
	boot_serve
	tls_authority ours
	tls_authority theirs
}

atf_test_case a_host_without_a_clock_boots_over_https
a_host_without_a_clock_boots_over_https_body() {
	prepare
	tls_certificate good ours ec IP:10.0.2.2
	tls_certificate host ours
	boot_mkinitrd --ca ours.crt --cert host.crt --key host.key
	tls_serve good "ssl_verify_client on; ssl_client_certificate $PWD/ours.crt;"
	guest_url=https://10.0.2.2:$tls_port
	boot_qemu='-rtc base=1970-01-01T00:00:00'
	boot busybox-6.12 demo.erofs 0 'demo: all checksums right' ip=dhcp "$boot_proof" demo.every=10
	boot_has "blobroot: clock: it said 1970-01-01 00:00:..: moved forward to $(date -u +%Y)-[-0-9]* [0-9:]*, when this initramfs was made"
	boot_has 'blobroot: root is up'
	atf_check -o ignore grep -q '^TLSv1.[23] 206 [0-9]* "CN=host"' log
}

# daemon/fetch/tls_test has all the others.
atf_test_case a_server_of_an_unknown_authority_ends_the_boot
a_server_of_an_unknown_authority_ends_the_boot_body() {
	prepare
	tls_certificate bad theirs ec IP:10.0.2.2
	boot_mkinitrd --ca ours.crt
	tls_serve bad
	guest_url=https://10.0.2.2:$tls_port
	boot busybox-6.12 demo.erofs 3 '^never$' ip=dhcp "$boot_proof"
	boot_fails_with "$guest_url/demo.erofs[.a-z]*: the server's certificate is signed by an authority that this host does not trust: CN=authority theirs"
	boot_has_not 'blobroot: clock:'
}

atf_init_test_cases() {
	atf_add_test_case a_host_without_a_clock_boots_over_https
	atf_add_test_case a_server_of_an_unknown_authority_ends_the_boot
}
