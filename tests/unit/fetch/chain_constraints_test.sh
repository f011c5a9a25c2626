#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# daemon/fetch/constraints.c: an authority signs for the names that it may, in certificates made by openssl.
# shellcheck disable=SC2154 # what chain.sh sets

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/chain.sh
. "$support/chain.sh"

# constrained LINE..: the authority inter has these name constraints.
constrained() {
	chain_inter "$(printf '%s\n' "$chain_ca" 'nameConstraints = @names' '[names]' "$@")"
}

atf_test_case an_authority_signs_for_the_names_that_it_may
an_authority_signs_for_the_names_that_it_may_body() {
	chain_prepare
	no="the server's certificate is for names that an authority above it may not sign for .name constraints of CN=inter."
	constrained 'permitted;DNS.1 = example' 'permitted;IP.1 = 10.0.0.0/255.0.0.0'
	chain_server inter 'subjectAltName = DNS:good.example'
	chain_says 'is fine' good.example inter.crt
	chain_server inter 'subjectAltName = DNS:GOOD.Example,IP:10.1.2.3'
	chain_says 'is fine' 10.1.2.3 inter.crt
	for other in DNS:badexample DNS:good.example.org IP:11.0.0.1 IP:fd00::1; do
		chain_server inter "subjectAltName = DNS:good.example,$other"
		chain_says "$no" good.example inter.crt
	done
	# What excludes comes first.
	constrained 'permitted;DNS.1 = example' 'excluded;DNS.1 = bad.example' 'excluded;IP.1 = 0.0.0.0/0.0.0.0'
	chain_server inter 'subjectAltName = DNS:good.example,IP:fd00::1'
	chain_says 'is fine' good.example inter.crt
	for other in DNS:bad.example DNS:www.bad.example IP:10.0.0.1; do
		chain_server inter "subjectAltName = DNS:good.example,$other"
		chain_says "$no" good.example inter.crt
	done
	chain_server inter 'subjectAltName = DNS:*.example.example,DNS:*.bad.example'
	chain_says "$no" www.bad.example inter.crt
	# A wildcard covers what is excluded, too.
	constrained 'excluded;DNS.1 = bad.good.example'
	chain_server inter 'subjectAltName = DNS:*.good.example'
	chain_says 'is fine' fine.good.example inter.crt
	chain_says "$no" bad.good.example inter.crt
}

atf_test_case names_of_other_kinds_may_be_constrained_too
names_of_other_kinds_may_be_constrained_too_body() {
	chain_prepare
	no="the server's certificate is for names that an authority above it may not sign for .name constraints of CN=inter."
	constrained 'permitted;email.1 = example' 'permitted;DNS.1 = .example'
	chain_server inter 'subjectAltName = DNS:good.example'
	chain_says 'is fine' good.example inter.crt
	chain_server inter 'subjectAltName = DNS:example'
	chain_says "$no" example inter.crt
	chain_server inter 'subjectAltName = DNS:good.example,email:a@example'
	chain_says "$no" good.example inter.crt
	constrained 'excluded;email.1 = example'
	chain_server inter 'subjectAltName = DNS:good.example'
	chain_says 'is fine' good.example inter.crt
	chain_server inter 'subjectAltName = DNS:good.example,email:a@example'
	chain_says "$no" good.example inter.crt
	constrained 'permitted;dirName.1 = dn' '[dn]' 'O = ours'
	tls_sign server inter /O=ours/CN=x 'subjectAltName = DNS:good.example'
	chain_says 'is fine' good.example inter.crt
	tls_sign server inter /O=theirs/CN=x 'subjectAltName = DNS:good.example'
	chain_says "$no" good.example inter.crt
	# Its own next certificate is an authority that has another key: not held to them, but those below it are.
	tls_key next.key ec
	tls_sign next inter /CN=inter "$chain_ca"
	tls_files next
	tls_sign server next /O=ours/CN=x 'subjectAltName = DNS:good.example'
	chain_says 'is fine' good.example next.crt inter.crt
	tls_sign server next /O=theirs/CN=x 'subjectAltName = DNS:good.example'
	chain_says "$no" good.example next.crt inter.crt
	# Those of each authority count, for the ones below it as well.
	constrained 'permitted;DNS.1 = example'
	tls_key lower.key ec
	tls_sign lower inter /CN=lower "$chain_ca"
	tls_files lower
	chain_server lower 'subjectAltName = DNS:good.example'
	chain_says 'is fine' good.example lower.crt inter.crt
	chain_server lower 'subjectAltName = DNS:bad.test'
	chain_says "$no" bad.test lower.crt inter.crt
	tls_sign lower inter /CN=lower "$(printf '%s\n' "$chain_ca" 'subjectAltName = DNS:bad.test')"
	chain_server lower 'subjectAltName = DNS:good.example'
	chain_says "an authority's certificate .CN=lower. is for names that .*" good.example lower.crt inter.crt
}

atf_init_test_cases() {
	atf_add_test_case an_authority_signs_for_the_names_that_it_may
	atf_add_test_case names_of_other_kinds_may_be_constrained_too
}
