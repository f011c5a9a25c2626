#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# Servers that go, come back, or are elsewhere then; networks that change.
# shellcheck disable=SC2119,SC2154 # what kernel.sh sets

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/kernel.sh
. "$support/kernel.sh"
# shellcheck source=tests/support/net.sh
. "$support/net.sh"

# prepare: scripts that stop the server ($1 of ./stop: nothing) and start it, with the same port.
prepare() {
	# In the machine's network another case's server could take the port.
	net_enter
	kernel_serve
	port=${url##*:}
	printf '%s\n' '#!/bin/sh' "kill $server; while kill -0 $server 2>/dev/null && ! grep -q State:.Z /proc/$server/status; do sleep 0.05; done" >stop
	printf '%s\n' '#!/bin/sh' "$support/httpd --port $port --log log --faults faults www >port 2>&1 </dev/null &" \
		'echo $! >pid' >again
	chmod 755 stop again
}

atf_test_case a_server_that_is_away_in_the_middle_of_it_all
a_server_that_is_away_in_the_middle_of_it_all_body() {
	prepare
	kernel_run <<-EOF
		ready
		open image
		random 1 50 1 64K
		sh ./stop
		read 1 1M 1M =gone
		log *: no connection to the server: *: trying again
		log *: waiting for bytes *: * s so far, *, with no end set (rd.blob.timeout=)
		log *: waiting for bytes *: * s so far, *, with no end set (rd.blob.timeout=)
		pending gone
		sh ./again
		wait
		log *: the server answers again after * s
		scan 1 128K
		check failed == 0
		sh kill \$(cat pid)
	EOF
}

atf_test_case a_server_that_is_gone_for_good_and_a_bound
a_server_that_is_gone_for_good_and_a_bound_body() {
	prepare
	# Long enough for a loaded machine to start the server again.
	kernel_run -- rd.blob.timeout=15 <<-EOF
		ready
		open image
		wait
		sh ./stop
		read 1 1M 128K
		wait all eio
		log *: bytes 1048576-1179647: not here after 15 s (rd.blob.timeout=): this read fails
		nolog *with no end set*
		read 1 1M 128K =afresh
		settle
		pending afresh
		sh ./again
		wait
		sh kill \$(cat pid)
	EOF
}

atf_test_case a_server_that_moves_to_another_address_keeps_its_name
a_server_that_moves_to_another_address_keeps_its_name_body() {
	net_enter
	net_names 127.0.0.2
	kernel_serve 4194304 --address 127.0.0.2
	url=http://blobs.example:${url##*:}
	kernel_run --patience 20 <<-EOF
		ready
		open image
		random 1 20 1 64K
		sh kill $server; echo 127.0.0.3 >address
		sh $support/httpd --address 127.0.0.3 --port ${url##*:} --log log2 www >port 2>&1 </dev/null & echo \$! >pid
		random 1 40 2 64K
		scan 1 128K
		check failed == 0
		sh kill \$(cat pid)
	EOF
	[ "$(grep -c '^blobs.example. 1$' asked)" -le 20 ] || atf_fail 'the name is asked for without end'
}

atf_test_case our_own_address_changes
our_own_address_changes_body() {
	net_enter
	net_far_host
	httpd_prefix=$far_prefix
	kernel_serve 4194304 --address 10.77.0.1
	url=http://10.77.0.1:${url##*:}
	kernel_run --patience 20 <<-EOF
		ready
		open image
		random 1 40 1 64K
		sh ./net 'ip addr del 10.77.0.2/24 dev near && ip addr add 10.77.0.3/24 dev near'
		read 1 1M 4K
		wait
		random 1 40 2 64K
		scan 1 128K
		check failed == 0
	EOF
}

atf_test_case a_server_that_goes_and_comes_back
a_server_that_goes_and_comes_back_body() {
	prepare
	kernel_run <<-EOF
		ready
		open image
		wait
		sh ./stop
		read 1 1M 4K
		log *: bytes 1048576-1052671: no connection to the server: *: trying again
		sh ./again
		wait
		log *: the server answers again after * s
		sh kill \$(cat pid)
	EOF
}

atf_init_test_cases() {
	atf_add_test_case a_server_that_is_away_in_the_middle_of_it_all
	atf_add_test_case a_server_that_is_gone_for_good_and_a_bound
	atf_add_test_case a_server_that_moves_to_another_address_keeps_its_name
	atf_add_test_case our_own_address_changes
	atf_add_test_case a_server_that_goes_and_comes_back
}
