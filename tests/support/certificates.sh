# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# For atf-sh tests: CAs and certificates, made by openssl in the working directory.

tls_openssl() { openssl "$@" >openssl.log 2>&1 || atf_fail "openssl $*: $(cat openssl.log)"; }

# tls_key FILE KIND: KIND is ec, ec384, or the bits of an RSA key.
tls_key() {
	case $2 in
	ec) tls_openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" ;;
	ec384) tls_openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out "$1" ;;
	*) tls_openssl genpkey -algorithm RSA -pkeyopt "rsa_keygen_bits:$2" -out "$1" ;;
	esac
}

# tls_files NAME: what `openssl ca` needs to sign with NAME.key and NAME.crt.
tls_files() {
	cat >"$1.cnf" <<-EOT
		[req]
		distinguished_name = dn
		[dn]
		[ca]
		default_ca = $1
		[$1]
		database = $1.index
		serial = $1.serial
		new_certs_dir = .
		certificate = $1.crt
		private_key = $1.key
		default_md = sha256
		policy = any
		unique_subject = no
		[any]
		organizationName = optional
		commonName = supplied
	EOT
	: >"$1.index"
	echo 01 >"$1.serial"
}

# tls_authority NAME [KIND]: a CA: NAME.key and NAME.crt.
tls_authority() {
	tls_key "$1.key" "${2:-ec}"
	tls_files "$1"
	tls_openssl req -x509 -new -key "$1.key" -config "$1.cnf" -subj "/CN=authority $1" -days 30 -out "$1.crt" \
		-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign
}

# tls_sign NAME AUTHORITY SUBJECT EXTENSIONS [FROM [UNTIL [HASH]]]: NAME.crt for NAME.key. EXTENSIONS are lines of an
# openssl configuration; FROM and UNTIL are for date -d.
tls_sign() {
	tls_openssl req -new -key "$1.key" -config "$2.cnf" -subj "$3" -out "$1.csr"
	printf '%s\n' "$4" >"$1.ext"
	tls_openssl ca -batch -notext -config "$2.cnf" -in "$1.csr" -out "$1.crt" -extfile "$1.ext" -md "${7:-sha256}" \
		-startdate "$(date -u -d "${5:-yesterday}" +%Y%m%d%H%M%SZ)" \
		-enddate "$(date -u -d "${6:-tomorrow}" +%Y%m%d%H%M%SZ)"
}

# tls_certificate NAME AUTHORITY [KIND [NAMES [FROM [UNTIL [HASH]]]]]: NAME.key, and NAME.crt signed by AUTHORITY.
tls_certificate() {
	tls_key "$1.key" "${3:-ec}"
	tls_sign "$1" "$2" "/CN=$1" "subjectAltName = ${4:-IP:127.0.0.1,DNS:localhost}" "${5-}" "${6-}" "${7-}"
}
