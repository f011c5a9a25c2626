# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# For atf-sh tests: chains of certificates, and the daemon's verdict on them (tests/support/chain.c).
# shellcheck disable=SC2034,SC2154 # variables that are the tests'

# shellcheck source=tests/support/certificates.sh
. "$support/certificates.sh"

# chain_says WORDS HOST [INTERMEDIATE..]: the verdict on server.crt, with these between it and root.crt.
chain_says() {
	said=$1 host=$2
	shift 2
	cat server.crt "$@" >shown
	status=1
	[ "$said" != 'is fine' ] || status=0
	atf_check -s "exit:$status" -o "match:^$said\$" "$support/chain" "$host" root.crt shown
}

chain_prepare() {
	tls_authority root
	tls_key server.key ec
}

# chain_server AUTHORITY EXTENSIONS: server.crt.
chain_server() { tls_sign server "$1" /CN=good.example "$2"; }

# chain_inter EXTENSIONS [FROM [UNTIL [HASH]]]: an authority below the root.
chain_inter() {
	[ -e inter.key ] || tls_key inter.key ec
	tls_sign inter root /CN=inter "$@"
	tls_files inter
}
chain_ca='basicConstraints = critical,CA:TRUE'
