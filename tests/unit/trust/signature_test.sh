#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# daemon/trust/signature.c: what openssl makes is accepted, and what was changed, or made in another way, is not.

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)

# shellcheck source=tests/support/signature.sh
. "$support/signature.sh"

atf_test_case what_openssl_makes_is_accepted_with_every_kind_of_key
what_openssl_makes_is_accepted_with_every_kind_of_key_body() {
	signature_begin
	for kind in rsa:2048 rsa:4096 P-256 P-384 P-521; do
		key signer $kind
		trust signer
		sign signer
		says 'is fine'
		for digest in sha256 sha384 sha512; do
			sign signer -md $digest
			says 'is fine'
		done
		sign signer -stream
		says 'is fine'
		atf_check openssl cms -sign -nocerts -noattr -binary -in signed -inkey signer.key -signer signer.crt \
			-outform der -out p7s
		says 'is fine'
		none_of 64 roothash
	done
}

atf_test_case the_digits_may_be_signed_or_the_very_bytes_of_the_file
the_digits_may_be_signed_or_the_very_bytes_of_the_file_body() {
	signature_begin
	key signer P-256
	trust signer
	printf '%s\n' $roothash >lf
	printf '%s\r\n' $roothash >crlf
	printf '%s\n' $roothash | tr a-f A-F >upper
	sign signer
	for file in lf crlf upper; do says 'is fine' $file; done
	wrong='is wrong: its certificate is trusted, but it did not sign this root hash'
	for file in lf crlf upper; do
		cp $file signed
		sign signer
		for other in roothash lf crlf upper; do
			words=$wrong
			[ $other != $file ] || words='is fine'
			says "$words" $other
		done
	done
	# Behind a signature that is good for the file, other bytes: what is no root hash is none.
	printf '%s\n\n' $roothash >signed
	sign signer
	says 'cannot be checked: what it should sign is not a root hash' signed
}

atf_test_case no_other_root_hash_is_accepted
no_other_root_hash_is_accepted_body() {
	signature_begin
	key rsa rsa:2048
	key ec P-384
	trust rsa ec
	for name in rsa ec; do
		sign $name
		none_of 64 roothash
		says 'is fine'
	done
	printf '%s' 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdee >signed
	sign rsa
	says 'is wrong: its certificate is trusted, but it did not sign this root hash'
}

atf_test_case no_byte_of_a_signature_can_be_changed_and_none_be_missing
no_byte_of_a_signature_can_be_changed_and_none_be_missing_body() {
	signature_begin
	key rsa rsa:2048
	key ec P-256
	trust rsa ec
	for name in rsa ec; do
		sign $name
		size=$(stat -c %s p7s)
		none_of $((size + 1)) cut
		none_of $((size * 8)) flip 0 "$size"
		# Every other value, where that takes no arithmetic with the key: in front of the signature's own bytes, which are 256
		# of RSA, and at most 72, with two of a header, of P-256.
		head=$((size - 260))
		[ "$name" = rsa ] || head=$((size - 74))
		none_of $((head * 255)) change 0 $head
		says 'is fine'
	done
}

atf_test_case what_is_made_in_another_way_says_how_to_make_it
what_is_made_in_another_way_says_how_to_make_it_body() {
	signature_begin
	key signer rsa:2048
	trust signer
	sign_with() { atf_check openssl "$@" -sign -binary -in signed -inkey signer.key -signer signer.crt -out p7s; }
	sign_with smime -nocerts -noattr -outform pem
	says 'is text: sign with openssl smime -outform der'
	sign_with smime -nocerts -noattr
	says 'is text: sign with openssl smime -outform der'
	sign_with smime -nocerts -outform der
	says 'has attributes: sign with -noattr'
	sign_with smime -noattr -nodetach -outform der
	says 'holds what it signs: sign without -nodetach'
	for digest in md5 sha1; do
		sign_with smime -nocerts -noattr -outform der -md $digest
		says 'is over MD5 or SHA-1, which are not safe: sign with -md sha256'
	done
	sign_with cms -nocerts -noattr -outform der -keyid
	says 'is not PKCS #7 of version 1: sign with openssl smime, or without -keyid'
	kind='is of a kind that is not supported: RSA (PKCS #1 v1.5) and ECDSA with SHA-256, -384 or -512 are'
	sign_with smime -nocerts -noattr -outform der -md sha224
	says "$kind"
	atf_check openssl cms -sign -binary -in signed -signer signer.crt -inkey signer.key -keyopt rsa_padding_mode:pss \
		-nocerts -noattr -outform der -out p7s
	says "$kind"
}

atf_test_case what_is_no_signature_is_refused
what_is_no_signature_is_refused_body() {
	signature_begin
	key signer P-256
	trust signer
	malformed='is not a PKCS #7 signature in DER, or not a whole one'
	: >p7s
	says "$malformed"
	echo '<html>not here</html>' >p7s
	says "$malformed"
	openssl x509 -in signer.crt -outform der >p7s
	says "$malformed"
	head -c 65536 /dev/zero >p7s
	says "$malformed"
	head -c 65537 /dev/zero >p7s
	says 'is longer than 64 KiB: it is no signature'
	atf_check openssl crl2pkcs7 -nocrl -certfile signer.crt -outform der -out p7s
	says 'is signed by nobody'
}

atf_init_test_cases() {
	atf_add_test_case what_openssl_makes_is_accepted_with_every_kind_of_key
	atf_add_test_case the_digits_may_be_signed_or_the_very_bytes_of_the_file
	atf_add_test_case no_other_root_hash_is_accepted
	atf_add_test_case no_byte_of_a_signature_can_be_changed_and_none_be_missing
	atf_add_test_case what_is_made_in_another_way_says_how_to_make_it
	atf_add_test_case what_is_no_signature_is_refused
}
