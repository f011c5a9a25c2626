#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# qemu/serve: which port it takes. Its answers are what the tiers boot and native are made of.

# A copy of it whose ports are those in the file `ports`, one after the other; the test has the first one itself.
serve() {
	top=$(cd "$(atf_get_srcdir)/../../.." && pwd)
	mkdir www
	cp -r "$top/qemu/serve" "$top/qemu/free-port" "$top/qemu/lib" .
	taken=$(./free-port)
	mkfifo first
	./serve www "$taken" >first 9>&- &
	first=$!
	read -r _ <first
	free=$(./free-port)
	printf '%s\n' "$taken" "$free" >ports
	printf '#!/bin/sh\nhead -n 1 ports\nsed -i 1d ports\n' >free-port
}

atf_test_case a_port_that_somebody_else_has_taken_meanwhile_is_drawn_again
a_port_that_somebody_else_has_taken_meanwhile_is_drawn_again_body() {
	serve
	mkfifo second
	./serve www >second 2>said &
	read -r port <second
	atf_check_equal "$free" "$port"
	kill $! "$first"
	wait
	atf_check cat said
}

atf_test_case a_port_that_is_asked_for_and_taken_is_said_in_one_line
a_port_that_is_asked_for_and_taken_is_said_in_one_line_body() {
	serve
	atf_check -s exit:1 -e match:"bind\(\) to 127.0.0.1:$taken failed \(98: Address already in use\)" -e save:said ./serve www "$taken"
	atf_check -o inline:'1\n' grep -c . said
	kill "$first"
	wait
}

atf_init_test_cases() {
	atf_add_test_case a_port_that_somebody_else_has_taken_meanwhile_is_drawn_again
	atf_add_test_case a_port_that_is_asked_for_and_taken_is_said_in_one_line
}
