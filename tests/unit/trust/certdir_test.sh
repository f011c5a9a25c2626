#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# daemon/trust/certdir.c: the trusted certificates are the files of a directory; one that is broken spoils no other.

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)

# shellcheck source=tests/support/signature.sh
. "$support/signature.sh"

# trusted LINE..: what the directory says; the last line is `N trusted`.
trusted() {
	printf '%s\n' "$@" >expected
	atf_check -o file:expected "$signature" trusted
}

atf_test_case a_file_that_is_no_certificate_is_named_and_the_others_are_used
a_file_that_is_no_certificate_is_named_and_the_others_are_used_body() {
	signature_begin
	key good P-256
	key weak rsa:1024
	key other ed25519
	trust good weak other
	cd trusted || exit 1
	cat ../good.crt ../weak.crt >several.crt
	openssl x509 -in ../good.crt -outform der -out der.crt
	openssl x509 -in ../good.crt -text -out text.crt
	echo nonsense >Broken.crt
	sed 's/M/N/g' ../good.crt >damaged.crt
	: >empty.crt
	{ cat ../good.crt && head -c 65536 /dev/zero; } >long.crt
	mkdir directory.crt
	mkfifo pipe.crt
	ln -s nowhere.crt link.crt
	ln -s ../good.crt good-link.crt
	for name in .hidden.crt README good.pem crt .crt; do echo nonsense >"$name"; done
	cd ..
	trusted 'Broken.crt: is not a certificate in PEM' \
		'damaged.crt: is not a certificate in PEM' \
		'directory.crt: is not a file' \
		'empty.crt: is not a certificate in PEM' \
		'link.crt: No such file or directory' \
		'long.crt: is longer than 64 KiB: it is no certificate' \
		'other.crt: has a key or a signature of a kind that is not supported: RSA, P-256, P-384 and P-521 are' \
		'pipe.crt: is not a file' \
		'several.crt: holds several certificates: a file for each' \
		'weak.crt: has a weak key: RSA takes 2048 bits or more' \
		'4 trusted'
	sign good
	atf_check -o match:'^is fine$' "$signature" trusted roothash p7s
}

atf_test_case there_are_at_most_64_certificates
there_are_at_most_64_certificates_body() {
	signature_begin
	key good P-256
	for i in $(seq 10 75); do cp good.crt "trusted/$i.crt"; done
	trusted '74.crt: is one too many: 64 certificates are the most' \
		'75.crt: is one too many: 64 certificates are the most' '64 trusted'
}

atf_init_test_cases() {
	atf_add_test_case a_file_that_is_no_certificate_is_named_and_the_others_are_used
	atf_add_test_case there_are_at_most_64_certificates
}
