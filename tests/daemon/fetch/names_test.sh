#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# Name servers that have an address for a host, and for its IPv6 address something else than no record.
# shellcheck disable=SC2119,SC2154 # what kernel.sh and net.sh set

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/kernel.sh
. "$support/kernel.sh"
# shellcheck source=tests/support/net.sh
. "$support/net.sh"
PATH=$PATH:/usr/sbin

# Where nobody is asked further, dnsmasq refuses what it has no record for.
atf_test_case a_name_server_that_refuses_questions_for_IPv6
a_name_server_that_refuses_questions_for_IPv6_body() {
	net_enter
	kernel_serve
	$httpd_prefix dnsmasq -k -C /dev/null -u "$(id -un)" -a 127.0.0.1 -z -R -h --address=/blobs.example/127.0.0.1 --pid-file= \
		-q --log-facility="$PWD/asked" 7<&- 8>&- &
	dnsmasq=$!
	until grep -q started asked 2>/dev/null; do kill -0 $dnsmasq || atf_fail "no dnsmasq"; done
	url=http://blobs.example:${url##*:}
	kernel_run -- rd.blob.contact=60 <<-EOF
		ready
	EOF
	cat asked
	# The same attempt asks for IPv4 alone, and not for IPv6 alone before that, for which musl would wait once more.
	atf_check -s exit:1 grep 'trying again' out
	[ "$(grep -c 'query.AAAA' asked)" -le 5 ] || atf_fail "it asks again and again"
	kill $dnsmasq
}

atf_init_test_cases() {
	atf_add_test_case a_name_server_that_refuses_questions_for_IPv6
}
