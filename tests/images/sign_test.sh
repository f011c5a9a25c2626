#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# images/mkimage --sign: the daemon, openssl and a plain user of openssl agree about the signature.

support=$(cd "$(atf_get_srcdir)/../support" && pwd)

top=$(atf_get_srcdir)
until [ -e "$top/images/mkimage" ]; do top=$top/..; done
mkimage=$top/images/mkimage
# shellcheck source=tests/support/signature.sh
. "$support/signature.sh"

# A root, and a key with its certificate.
begin() {
	mkdir -p root/bin trusted
	cp /bin/true root/bin/init
	key signer "${1:-P-256}"
	trust signer
}

atf_test_case the_daemon_and_openssl_accept_the_signature
the_daemon_and_openssl_accept_the_signature_body() {
	for kind in rsa:2048 P-256 P-384; do
		begin $kind
		atf_check -o ignore "$mkimage" --sign signer.key signer.crt root x
		atf_check -o inline:'is fine\n' "$signature" trusted x.roothash x.roothash.p7s
		# -nocerts: openssl has to be given the certificate; -noverify: it is trusted by being given.
		atf_check -o file:x.roothash -e ignore openssl smime -verify -binary -inform der -in x.roothash.p7s \
			-content x.roothash -certfile signer.crt -nointern -noverify
		printf '%064d' 0 >other
		atf_check -s not-exit:0 -o ignore -e ignore openssl smime -verify -binary -inform der -in x.roothash.p7s \
			-content other -certfile signer.crt -nointern -noverify
	done
}

atf_test_case plain_openssl_over_the_published_file_does_as_well
plain_openssl_over_the_published_file_does_as_well_body() {
	begin rsa:2048
	atf_check -o ignore "$mkimage" --sign signer.key signer.crt root x
	mv x.roothash.p7s ours
	atf_check openssl smime -sign -nocerts -noattr -binary -in x.roothash -inkey signer.key -signer signer.crt \
		-outform der -out x.roothash.p7s
	atf_check -o inline:'is fine\n' "$signature" trusted x.roothash x.roothash.p7s
	# RSA with this padding has one signature only.
	atf_check cmp ours x.roothash.p7s
}

atf_test_case it_prints_what_boots_a_signed_image
it_prints_what_boots_a_signed_image_body() {
	begin
	atf_check -o save:words "$mkimage" --sign signer.key signer.crt root x
	printf '%s\n' "root=blob:http://SERVER/x rd.blob.roothash=$(cat x.roothash)" \
		"root=blob:http://SERVER/x (signed: with signer.crt in the initramfs' /etc/verity.d)" >expected
	atf_check -o file:expected cat words
}

atf_test_case no_signature_of_an_earlier_image_stays
no_signature_of_an_earlier_image_stays_body() {
	begin
	atf_check -o ignore "$mkimage" --sign signer.key signer.crt root x
	atf_check -o ignore "$mkimage" root x
	atf_check -o inline:'x x.roothash x.verity\n' echo x*
}

# refuses WHY KEY CERT: and nothing is made.
refuses() {
	atf_check -s exit:1 -e inline:"mkimage: --sign $1\n" "$mkimage" --sign "$2" "$3" root x
	atf_check -o inline:'x*\n' echo x*
}

atf_test_case a_key_that_does_not_fit_is_refused_before_the_image_is_made
a_key_that_does_not_fit_is_refused_before_the_image_is_made_body() {
	begin
	key other rsa:2048
	refuses 'other.key: not the key of signer.crt' other.key signer.crt
	refuses 'nosuch: not a private key in PEM' nosuch signer.crt
	refuses 'signer.crt: not a private key in PEM' signer.crt signer.crt
	refuses 'nosuch: not a certificate in PEM' signer.key nosuch
	refuses 'signer.key: not a certificate in PEM' signer.key signer.key
}

atf_test_case a_failure_of_openssl_leaves_the_old_set
a_failure_of_openssl_leaves_the_old_set_body() {
	begin
	atf_check -o ignore "$mkimage" --sign signer.key signer.crt root x
	mkdir old bin
	cp x* old/
	echo more >root/more
	# shellcheck disable=SC2016 # for the script
	printf '#!/bin/sh\n[ "$1" != smime ] || { echo "no luck" >&2; exit 1; }\nexec %s "$@"\n' "$(command -v openssl)" >bin/openssl
	chmod +x bin/openssl
	atf_check -s exit:1 -e inline:'mkimage: x: openssl cannot sign with signer.key: no luck\n' \
		env PATH="$PWD/bin:$PATH" "$mkimage" --sign signer.key signer.crt root x
	atf_check -o inline:'x x.roothash x.roothash.p7s x.verity\n' echo x*
	for file in x*; do atf_check cmp "$file" "old/$file"; done
}

atf_init_test_cases() {
	atf_add_test_case the_daemon_and_openssl_accept_the_signature
	atf_add_test_case plain_openssl_over_the_published_file_does_as_well
	atf_add_test_case it_prints_what_boots_a_signed_image
	atf_add_test_case no_signature_of_an_earlier_image_stays
	atf_add_test_case a_key_that_does_not_fit_is_refused_before_the_image_is_made
	atf_add_test_case a_failure_of_openssl_leaves_the_old_set
}
