#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# daemon/fetch/chain.c with mbedTLS: which chains of certificates are good for a host, made by openssl.
# shellcheck disable=SC2154 # what chain.sh sets

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/chain.sh
. "$support/chain.sh"

atf_test_case only_a_subjectAltName_names_a_server
only_a_subjectAltName_names_a_server_body() {
	chain_prepare
	none="the server's certificate has no subjectAltName that is a host, and its common name (CN=good.example) does not count: make one with subjectAltName, for good.example"
	none=$(echo "$none" | sed 's/[()]/./g')
	chain_server root 'subjectAltName = DNS:good.example'
	chain_says 'is fine' good.example
	chain_says "the server's certificate is for other names than bad.example: good.example" bad.example
	chain_server root 'keyUsage = digitalSignature'
	chain_says "$none" good.example
	for other in URI:good.example email:good.example@good.example; do
		chain_server root "subjectAltName = $other"
		chain_says "$none" good.example
	done
	chain_server root 'subjectAltName = DNS:other.example'
	chain_says "the server's certificate is for other names than good.example: other.example" good.example
	chain_server root 'subjectAltName = DNS:other.example,URI:good.example'
	chain_says "the server's certificate is for other names than good.example: other.example" good.example
	# A name that no certificate can have is refused before anything.
	atf_check -s exit:2 "$support/chain" "$(printf %0256d 0)" root.crt server.crt
}

atf_test_case an_address_is_named_as_an_address
an_address_is_named_as_an_address_body() {
	chain_prepare
	chain_server root 'subjectAltName = IP:127.0.0.1,IP:fd00::1'
	chain_says 'is fine' 127.0.0.1
	chain_says 'is fine' fd00:0::1
	chain_says "the server's certificate is for other names than 127.0.0.2: 127.0.0.1, fd00::1" 127.0.0.2
	chain_says "the server's certificate is for other names than fd00::2: .*" fd00::2
	for name in 127.0.0.1 '*.0.0.1'; do
		chain_server root "subjectAltName = DNS:$name"
		chain_says "the server's certificate is for other names than 127.0.0.1: .*0.0.1" 127.0.0.1
	done
	chain_server root 'subjectAltName = DNS:*.example'
	chain_says "the server's certificate is for other names than good.example: .*" good.example
	chain_server root 'subjectAltName = DNS:*.good.example'
	chain_says 'is fine' a.good.example
}

atf_test_case each_authority_has_to_be_one_today
each_authority_has_to_be_one_today_body() {
	chain_prepare
	day=$(date -u -d '-2 days' +%Y-%m-%d)
	chain_inter "$chain_ca"
	chain_server inter 'subjectAltName = DNS:good.example'
	chain_says 'is fine' good.example inter.crt
	chain_says "the server's certificate is signed by an authority that this host does not trust: CN=inter" good.example
	chain_inter "$chain_ca" '-9 days' '-2 days'
	chain_says "an authority's certificate .CN=inter. has expired: it was valid until $day, .*" good.example inter.crt
	chain_inter "$chain_ca" '+2 days' '+9 days'
	chain_says "an authority's certificate .CN=inter. is not valid before .*" good.example inter.crt
	chain_inter "$chain_ca" '' '' sha1
	chain_says "an authority's certificate .CN=inter. is signed with a hash that is broken: .*" good.example inter.crt
	for other in 'basicConstraints = CA:FALSE' 'keyUsage = keyCertSign' "$(printf '%s\n' "$chain_ca" 'keyUsage = digitalSignature')"; do
		chain_inter "$other"
		chain_says "the server's certificate is signed by an authority that this host does not trust: CN=inter" good.example inter.crt
	done
	# A weak key vouches for nothing.
	rm inter.key
	tls_key inter.key 1024
	chain_inter "$chain_ca"
	chain_server inter 'subjectAltName = DNS:good.example'
	chain_says "the server's certificate has a weak key, or is signed with one: .*" good.example inter.crt
}

atf_test_case a_path_may_not_be_longer_than_allowed
a_path_may_not_be_longer_than_allowed_body() {
	chain_prepare
	tls_key lower.key ec
	for length in 1 0; do
		chain_inter "$chain_ca,pathlen:$length"
		tls_sign lower inter /CN=lower "$chain_ca"
		tls_files lower
		chain_server lower 'subjectAltName = DNS:good.example'
		case $length in
		1) chain_says 'is fine' good.example lower.crt inter.crt ;;
		0) chain_says "an authority's certificate .CN=lower. is signed by .*|the server's .*|.*does not trust: CN=inter" good.example lower.crt inter.crt ;;
		esac
	done
}

atf_test_case a_certificate_for_another_purpose_is_refused
a_certificate_for_another_purpose_is_refused_body() {
	chain_prepare
	names='subjectAltName = DNS:good.example'
	why="the server's certificate is made for another purpose .key usage."
	for usage in 'extendedKeyUsage = serverAuth,clientAuth' 'extendedKeyUsage = anyExtendedKeyUsage' 'keyUsage = digitalSignature,keyEncipherment'; do
		chain_server root "$(printf '%s\n' "$names" "$usage")"
		chain_says 'is fine' good.example
	done
	for usage in 'extendedKeyUsage = clientAuth' 'extendedKeyUsage = emailProtection' 'keyUsage = keyEncipherment'; do
		chain_server root "$(printf '%s\n' "$names" "$usage")"
		chain_says "$why" good.example
	done
	chain_inter "$(printf '%s\n' "$chain_ca" 'extendedKeyUsage = serverAuth')"
	chain_server inter "$names"
	chain_says 'is fine' good.example inter.crt
	chain_inter "$(printf '%s\n' "$chain_ca" 'extendedKeyUsage = emailProtection')"
	chain_says "an authority's certificate .CN=inter. is made for another purpose .key usage." good.example inter.crt
}

atf_init_test_cases() {
	atf_add_test_case only_a_subjectAltName_names_a_server
	atf_add_test_case an_address_is_named_as_an_address
	atf_add_test_case each_authority_has_to_be_one_today
	atf_add_test_case a_path_may_not_be_longer_than_allowed
	atf_add_test_case a_certificate_for_another_purpose_is_refused
}
