# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# shellcheck disable=SC2154 # $stage and die are mkinitrd's, or those of dracut's module
#
# Certificates by which the engine authenticates servers and images, and the credentials that it presents: copied into
# the tree, after a rough check for wrong files. blobrootd parses them properly, at boot.

system_ca=/etc/ssl/certs/ca-certificates.crt

# trust_put FILE DEST MODE REGEX WHAT: FILE must contain a line that matches REGEX.
trust_put() {
	[ -e "$1" ] || die "$1: no such file"
	[ -f "$1" ] || die "$1: is not a file"
	grep -Eq -e "$4" "$1" || die "$1: is not $5"
	[ "$3" -ne 644 ] || ! trust_has_key "$1" || die "$1: holds a private key, which is for nobody else to read"
	mkdir -p "$stage/$(dirname "$2")"
	# Not the function `install` that a dracut module has.
	command install -m "$3" "$1" "$stage/$2"
}

trust_has_key() { grep -q -e '^-----BEGIN .*PRIVATE KEY-----' "$1"; }

# trust_signers DIR: the signers' certificates in DIR, one per line: those that blobrootd would take there. None of its
# subdirectories: whoever moves a certificate to DIR/revoked has taken it back.
trust_signers() {
	for trust_signer in "$1"/*.crt; do
		[ ! -e "$trust_signer" ] && [ ! -L "$trust_signer" ] || echo "$trust_signer"
	done
}

# trust_put_signer FILE: systemd and blobrootd take one certificate from each.
trust_put_signer() {
	trust_name=${1##*/}
	trust_name=${trust_name%.*}
	[ -n "$trust_name" ] || die "$1: has no name"
	[ ! -f "$1" ] || [ "$(grep -c -e "$certificate" "$1")" -le 1 ] || die "$1: holds several certificates: a file for each"
	[ ! -e "$stage/etc/verity.d/$trust_name.crt" ] || cmp -s "$1" "$stage/etc/verity.d/$trust_name.crt" ||
		die "$1: there is another $trust_name.crt"
	trust_put "$1" "etc/verity.d/$trust_name.crt" 644 "$certificate" 'a certificate in PEM form'
}

# trust_add CA NETRC CERT KEY SIGNERS: empty means not given; CA may be `system`; SIGNERS is files, one per line.
trust_add() {
	certificate='^-----BEGIN CERTIFICATE-----'
	[ -z "$4" ] || [ -n "$3" ] || die "$4: whose key? There is no certificate"
	case $1 in
	'') ;;
	system) trust_put $system_ca etc/ssl/certs/ca-certificates.crt 644 "$certificate" 'a bundle of certificates' ;;
	*) trust_put "$1" etc/blobroot/ca.crt 644 "$certificate" 'a certificate in PEM form' ;;
	esac
	[ -z "$2" ] || trust_put "$2" etc/blobroot/netrc 600 '(^|[[:space:]])machine([[:space:]]|$)' 'a netrc: it names no machine'
	[ -z "$3" ] || trust_put "$3" etc/blobroot/client.crt 600 "$certificate" 'a certificate in PEM form'
	[ -z "$4" ] || trust_put "$4" etc/blobroot/client.key 600 '^-----BEGIN .*PRIVATE KEY-----' 'a private key in PEM form'
	if [ -n "$3" ]; then
		trust_key=${4:-$3}
		trust_has_key "$trust_key" || die "$3: has no private key in it, and none is beside it"
		! grep -q ENCRYPTED "$trust_key" || die "$trust_key: the private key has a passphrase, which nobody could type at boot"
	fi
	echo "$5" | while IFS= read -r trust_signer; do
		[ -z "$trust_signer" ] || trust_put_signer "$trust_signer"
	done
}

# trust_newest FILE..: when the initramfs was made, in seconds: SOURCE_DATE_EPOCH if that is set, else the newest of
# the files' times. Not the current time: the same input must give the same bytes.
trust_newest() {
	[ -z "${SOURCE_DATE_EPOCH-}" ] || { echo "$SOURCE_DATE_EPOCH" && return; }
	stat -L -c %Y "$@" | sort -n | tail -n 1
}
