#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# daemon/trust/signature.c: who is trusted, and that nobody else is.

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)

# shellcheck source=tests/support/signature.sh
. "$support/signature.sh"

wrong='is wrong: its certificate is trusted, but it did not sign this root hash'
untrusted='is not by the trusted certificate'

atf_test_case only_a_trusted_certificate_counts
only_a_trusted_certificate_counts_body() {
	signature_begin
	for name in a b c; do key $name P-256; done
	sign a
	says 'cannot be checked: no certificate is trusted'
	trust b
	says "$untrusted"
	trust b c
	says 'is by none of the 2 trusted certificates'
	trust a b c
	says 'is fine'
	# Another key that bears the name and the number of a trusted one; and then both are trusted.
	key a2 P-256 -subj /O=blobroot/CN=same -set_serial 7
	key a1 P-256 -subj /O=blobroot/CN=same -set_serial 7
	sign a2
	trust a1
	says "$wrong"
	trust a1 a2
	says 'is fine'
	key a3 rsa:2048 -subj /O=blobroot/CN=same -set_serial 7
	trust a3
	says "$wrong"
	# A trusted key under another number, or another name.
	atf_check openssl req -x509 -key a2.key -out a4.crt -subj /O=blobroot/CN=same -set_serial 8
	atf_check openssl req -x509 -key a2.key -out a5.crt -subj /O=blobroot/CN=other -set_serial 7
	trust a4 a5
	says 'is by none of the 2 trusted certificates'
}

atf_test_case certificates_in_the_signature_are_not_trusted
certificates_in_the_signature_are_not_trusted_body() {
	signature_begin
	for name in a b; do key $name P-256; done
	atf_check openssl smime -sign -noattr -binary -in signed -inkey a.key -signer a.crt -certfile b.crt -outform der -out p7s
	trust b
	says "$untrusted"
	trust a
	says 'is fine'
	none_of 64 roothash
}

atf_test_case an_authority_is_trusted_for_what_it_signs_itself_only
an_authority_is_trusted_for_what_it_signs_itself_only_body() {
	signature_begin
	key ca P-256
	atf_check -e ignore openssl req -newkey rsa:2048 -nodes -keyout leaf.key -out leaf.csr -subj /CN=leaf
	atf_check -e ignore openssl x509 -req -in leaf.csr -CA ca.crt -CAkey ca.key -set_serial 9 -out leaf.crt
	atf_check openssl smime -sign -noattr -binary -in signed -inkey leaf.key -signer leaf.crt -certfile ca.crt \
		-outform der -out p7s
	trust ca
	says "$untrusted"
	trust leaf
	says 'is fine'
}

atf_test_case of_several_signers_one_who_is_trusted_is_enough
of_several_signers_one_who_is_trusted_is_enough_body() {
	signature_begin
	for name in a b c; do key $name P-256; done
	sign a -md sha256 -signer b.crt -inkey b.key -md sha384
	for name in a b; do
		trust $name
		says 'is fine'
		none_of 64 roothash
	done
	trust c
	says "$untrusted"
	# Of reasons to refuse it counts which one came furthest, in whatever order the signers are.
	printf %064d 0 >signed
	sign a -signer b.crt -inkey b.key
	for name in a b; do
		trust $name
		says "$wrong"
	done
	# As many as that would be work for nothing. A digest twice is as good as once.
	cp roothash signed
	set --
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do set -- "$@" -signer b.crt -inkey b.key; done
	sign a "$@"
	trust b
	says 'is fine'
	sign a "$@" -signer b.crt -inkey b.key
	says 'has more than 16 signers'
}

atf_test_case the_dates_of_a_certificate_do_not_matter
the_dates_of_a_certificate_do_not_matter_body() {
	signature_begin
	key past P-256 -days 30
	atf_check -e ignore openssl req -new -key past.key -subj /CN=dates -out csr
	for dates in '19990101000000Z 20000101000000Z' '20980101000000Z 20990101000000Z'; do
		rm -rf ca
		mkdir ca
		: >ca/index
		printf '[ca]\ndefault_ca=d\n[d]\ndatabase=ca/index\nnew_certs_dir=ca\nrand_serial=yes\npolicy=p\n[p]\ncommonName=supplied\n' >cnf
		atf_check -o ignore -e ignore openssl ca -config cnf -batch -notext -selfsign -keyfile past.key -md sha256 \
			-in csr -out past.crt -startdate "${dates% *}" -enddate "${dates#* }"
		sign past
		trust past
		says 'is fine'
	done
}

atf_init_test_cases() {
	atf_add_test_case only_a_trusted_certificate_counts
	atf_add_test_case certificates_in_the_signature_are_not_trusted
	atf_add_test_case an_authority_is_trusted_for_what_it_signs_itself_only
	atf_add_test_case of_several_signers_one_who_is_trusted_is_enough
	atf_add_test_case the_dates_of_a_certificate_do_not_matter
}
