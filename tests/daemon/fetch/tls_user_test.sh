#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# Users and passwords for servers, and redirects: what is for one server is shown to no other.
# shellcheck disable=SC2119,SC2154 # what tls.sh sets

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/kernel.sh
. "$support/kernel.sh"
# shellcheck source=tests/support/tls.sh
. "$support/tls.sh"

prepare() {
	tls_prepare
	tls_certificate good ours
}

# with_password LINE: what a server block takes that wants one.
with_password() {
	printf 'host:%s\n' "$(openssl passwd -apr1 'secret word')" >users
	echo "auth_basic images; auth_basic_user_file $PWD/users; $1"
}

atf_test_case a_netrc_has_user_and_password
a_netrc_has_user_and_password_body() {
	prepare
	tls_find_port
	tls_serve good "$(with_password '')" "server { listen 127.0.0.1:$((tls_port + 1)); root $PWD/www; $(with_password '') }"
	why="the server answers 401 (Unauthorized: the initramfs' netrc has no user and password that it takes)"
	tls_refuses 100 "$url/x.erofs: $why"
	echo 'machine 127.0.0.1 login host password "secret word"' >etc/blobroot/netrc
	tls_reads
	# Over plain http too, to a host that the command line names so.
	url=http://127.0.0.1:$((tls_port + 1))
	tls_reads
	url=https://127.0.0.1:$tls_port
	echo 'machine 127.0.0.1 login host password wrong' >etc/blobroot/netrc
	tls_refuses 100 "$url/x.erofs: $why"
	echo 'machine localhost login host password "secret word"' >etc/blobroot/netrc
	tls_refuses 100 "$url/x.erofs: $why"
	printf 'machine a login b password c\nmachine 127.0.0.1 password c\n' >etc/blobroot/netrc
	tls_refuses 100 '/etc/blobroot/netrc: line 3: a machine without login and password'
}

atf_test_case nothing_is_shown_to_a_server_that_the_command_line_does_not_name
nothing_is_shown_to_a_server_that_the_command_line_does_not_name_body() {
	prepare
	tls_authority clients
	tls_certificate host clients
	cp host.crt etc/blobroot/client.crt
	cp host.key etc/blobroot/client.key
	printf 'machine 127.0.0.1 login host password "secret word"\nmachine localhost login host password "secret word"\n' \
		>etc/blobroot/netrc
	tls_find_port
	client="ssl_client_certificate $PWD/clients.crt; ssl_verify_client optional;"
	ssl="ssl_certificate $PWD/good.crt; ssl_certificate_key $PWD/good.key;"
	other=https://localhost:$((tls_port + 1))
	tls_serve good "$client $(with_password "location / { return 302 $other\$request_uri; }")" \
		"log_format shown '\$server_port \"\$ssl_client_s_dn\" \"\$http_authorization\"';
		server { listen 127.0.0.1:$((tls_port + 1)) ssl; $ssl $client root $PWD/www; access_log $PWD/other shown; }"
	tls_reads
	# It was asked directly too, once the redirect was known.
	[ "$(grep -c . other)" -gt 3 ] || atf_fail 'nobody asked there'
	atf_check -s exit:1 grep -v "^$((tls_port + 1)) \"-\" \"-\"$" other
	# They were there to be shown.
	atf_check -o ignore grep '302 [0-9]* "CN=host" host' log
}

atf_test_case https_never_leads_to_http
https_never_leads_to_http_body() {
	prepare
	tls_find_port
	plain=http://127.0.0.1:$((tls_port + 1))
	tls_serve good "return 302 $plain\$request_uri;" "server { listen 127.0.0.1:$((tls_port + 1)); root $PWD/www; access_log $PWD/plain; }"
	tls_refuses 100 "$url/x.erofs: redirected to $plain/x.erofs: from https only https is followed"
	atf_check test ! -s plain
	tls_stop
	# The other way round is fine.
	tls_serve good '' "server { listen 127.0.0.1:$((tls_port + 1)); return 302 $url\$request_uri; }"
	url=$plain
	tls_reads
}

atf_init_test_cases() {
	atf_add_test_case a_netrc_has_user_and_password
	atf_add_test_case nothing_is_shown_to_a_server_that_the_command_line_does_not_name
	atf_add_test_case https_never_leads_to_http
}
