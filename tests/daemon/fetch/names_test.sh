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

# names_server ADDRESS: dnsmasq, which knows that address of blobs.example. Where nobody is asked further, it refuses what it has no
# record for. Its questions are in ./asked.
names_server() {
	$httpd_prefix dnsmasq -k -C /dev/null -u "$(id -un)" -a 127.0.0.1 -z -R -h "--address=/blobs.example/$1" --pid-file= \
		-q --log-facility="$PWD/asked" 7<&- 8>&- &
	dnsmasq=$!
	until grep -q started asked 2>/dev/null; do kill -0 $dnsmasq || atf_fail "no dnsmasq"; done
	url=http://blobs.example:${url##*:}
}

atf_test_case a_name_server_that_refuses_questions_for_IPv6
a_name_server_that_refuses_questions_for_IPv6_body() {
	net_enter
	kernel_serve
	names_server 127.0.0.1
	kernel_run -- rd.blob.contact=60 <<-EOF
		ready
	EOF
	cat asked
	# The same attempt asks for IPv4 alone, and not for IPv6 alone before that, for which musl would wait once more.
	atf_check -s exit:1 grep 'trying again' out
	[ "$(grep -c 'query.AAAA' asked)" -le 5 ] || atf_fail "it asks again and again"
	kill $dnsmasq
}

# After two waits of musl's there is no time for a third one: the next attempt begins with what was not asked.
atf_test_case a_name_server_that_refuses_questions_for_IPv4
a_name_server_that_refuses_questions_for_IPv4_body() {
	net_enter
	kernel_serve
	cat >nginx.conf <<-EOF
		daemon off;
		master_process off;
		pid $PWD/nginx.pid;
		error_log stderr;
		events {}
		http {
			access_log off;
			client_body_temp_path $PWD/body; proxy_temp_path $PWD/proxy; fastcgi_temp_path $PWD/fastcgi;
			uwsgi_temp_path $PWD/uwsgi; scgi_temp_path $PWD/scgi;
			server { listen [::1]:${url##*:}; root $PWD/www; }
		}
	EOF
	$httpd_prefix setpriv --pdeathsig TERM nginx -e stderr -c "$PWD/nginx.conf" 7<&- 8>&- &
	nginx=$!
	names_server ::1
	kernel_run -- rd.blob.contact=60 <<-EOF
		ready
		open image
		scan 1 128K
	EOF
	cat asked
	kill $dnsmasq $nginx
}

atf_init_test_cases() {
	atf_add_test_case a_name_server_that_refuses_questions_for_IPv6
	atf_add_test_case a_name_server_that_refuses_questions_for_IPv4
}
