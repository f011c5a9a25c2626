# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# Keys, certificates and signatures by openssl, and the daemon's verdict on them (tests/support/signature.c).
#
#   key NAME KIND [OPTION..]    NAME.key and NAME.crt; KIND: rsa:BITS, P-256, P-384, P-521, ed25519; options of
#                               openssl req -x509
#   trust NAME..                trusted/ contains these and nothing else
#   sign NAME [OPTION..]        ./p7s: a signature over ./signed, as a user makes it
#   says WORDS [FILE]           what the daemon says about ./p7s for the root hash in FILE, by default ./roothash
#   none_of N WORD..            `signature .. WORD..`, and none of N changes is accepted
#
# ./roothash and ./signed exist from the start, and are equal: 64 digits without a line end.

signature=${support:?}/signature
roothash=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef

signature_begin() {
	mkdir trusted
	printf %s $roothash >roothash
	cp roothash signed
}

key() {
	name=$1 kind=$2
	shift 2
	case $kind in
	P-*) atf_check openssl genpkey -algorithm EC -pkeyopt "ec_paramgen_curve:$kind" -out "$name.key" ;;
	rsa:*) atf_check -e ignore openssl genpkey -algorithm RSA -pkeyopt "rsa_keygen_bits:${kind#rsa:}" -out "$name.key" ;;
	*) atf_check openssl genpkey -algorithm "$kind" -out "$name.key" ;;
	esac
	atf_check openssl req -x509 -key "$name.key" -out "$name.crt" -subj "/O=blobroot/CN=$name" -days 30 "$@"
}

trust() {
	rm -rf trusted
	mkdir trusted
	for name; do cp "$name.crt" trusted/; done
}

sign() {
	name=$1
	shift
	atf_check openssl smime -sign -nocerts -noattr -binary -in signed -inkey "$name.key" -signer "$name.crt" \
		-outform der -out p7s "$@"
}

says() {
	status=1
	[ "$1" != 'is fine' ] || status=0
	atf_check -s exit:$status -o inline:"$1\n" "$signature" trusted "${2:-roothash}" p7s
}

none_of() {
	atf_check -s exit:1 -o inline:"0 of $1 accepted\n" "$signature" trusted roothash p7s "$2" ${3:+"$3" "$4"}
}
