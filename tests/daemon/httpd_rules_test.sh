#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# Which requests a rule of the tests' web server is for, and how many, as the head of tests/support/httpd.c describes it.
# Status 52 of curl is an empty reply.
# shellcheck disable=SC2119,SC2154 # what httpd.sh sets

support=$(cd "$(atf_get_srcdir)/../support" && pwd)
# shellcheck source=tests/support/httpd.sh
. "$support/httpd.sh"

atf_test_case limits
limits_body() {
	httpd_serve_f
	cp www/f www/g
	httpd_fault 'status=404 path=/g method=GET offset=50 count=2 skip=1'
	for want in 200:f:0-99 200:g:51-99 200:g:0-99 404:g:50-50 404:g:0- 200:g:50-50; do
		file=${want#*:}
		range=${file#*:}
		file=${file%:*}
		httpd_get 0 -r "$range" "$url/$file"
		got=$(sed -n '1s/HTTP.1.1 \(...\).*/\1/p' reply.head | sed s/206/200/)
		atf_check_equal "$want" "$got:$file:$range"
	done
	[ -z "$(ls faults)" ] || atf_fail "the rule was not removed at its last use"
	httpd_fault 'status=500 percent=30 seed=4'
	: >log
	seq 200 | sed "s|.*|url = $url/f\\noutput = /dev/null|" >list
	atf_check curl -sS -K list
	n=$(grep -c ' 500 ' log)
	if [ "$n" -lt 35 ] || [ "$n" -gt 85 ]; then
		atf_fail "30 percent of 200 were $n"
	fi
	rm faults/*
	touch faults/status=403 faults/no-such-word faults/.status=500
	httpd_get 0 "$url/f"
	httpd_head_has 'HTTP/1.1 403 Forbidden'
	echo 'status=404 no-such-word' >faults/x
	httpd_get 52 "$url/f"
	wait "$server"
	atf_check_equal 1 $?
}

atf_test_case rules_come_and_go_while_they_are_read
rules_come_and_go_while_they_are_read_body() {
	httpd_serve_f
	seq 6000 | sed "s|.*|url = $url/f\\noutput = /dev/null|" >list
	curl -sS -K list &
	while kill -0 $! 2>/dev/null; do
		httpd_fault 'delay=0 count=1' 'delay=0 count=1000000' 'delay=0 skip=1000000'
		rm faults/*00
		[ -z "$(ls faults/*00 2>/dev/null)" ] || atf_fail "a rule came back"
		# A rule of the same name, and on most filesystems with the inode number of the one that the server has read.
		echo 'delay=0 count=1000000' >faults/x
		sleep 0.01
		kill -STOP "$server"
		rm faults/x
		echo 'delay=0' >faults/x
		kill -CONT "$server"
		sleep 0.01
		[ "$(cat faults/x)" = delay=0 ] || atf_fail "a rule took the place of another: $(cat faults/x)"
	done
	atf_check_equal 6000 "$(wc -l <log)"
}

atf_init_test_cases() {
	atf_add_test_case limits
	atf_add_test_case rules_come_and_go_while_they_are_read
}
