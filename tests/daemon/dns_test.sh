#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# The tests' name server answers as dnsmasq does: the same questions go to both.
# shellcheck disable=SC2154 # what net.sh sets

support=$(cd "$(atf_get_srcdir)/../support" && pwd)
# shellcheck source=tests/support/net.sh
. "$support/net.sh"
PATH=$PATH:/usr/sbin

# asked SERVER TYPE NAME: the answer without the server's address, and without whether that owns the name (dnsmasq does).
asked() {
	{
		$httpd_prefix "$support/../../busybox" nslookup -type="$2" "$3" "$1"
		echo "status $?"
	} 2>&1 | grep -Ev "$1|^Non-authoritative|^\$"
}

atf_test_case questions_are_answered_as_by_dnsmasq
questions_are_answered_as_by_dnsmasq_body() {
	net_enter
	net_names 10.1.2.3
	$httpd_prefix dnsmasq -k -C /dev/null -u "$(id -un)" -a 127.0.0.2 -z -R -h --local=/#/ --host-record=blobs.example,10.1.2.3 \
		--host-record=a.b.c.example,10.1.2.3 --local-ttl=60 --pid-file= >dnsmasq.out 2>&1 7<&- 8>&- &
	until asked 127.0.0.2 a blobs.example | grep -q 10.1.2.3; do kill -0 $! || atf_fail "$(cat dnsmasq.out)"; done
	for type in a aaaa mx; do
		for name in blobs.example a.b.c.example; do
			asked 127.0.0.2 $type $name >want
			asked 127.0.0.1 $type $name >got
			grep -q 'status 0' want || atf_fail "no answer: $(cat want)"
			atf_check diff -u want got
		done
	done
	kill $!
}

atf_init_test_cases() {
	atf_add_test_case questions_are_answered_as_by_dnsmasq
}
