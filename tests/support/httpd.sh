# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# For atf-sh tests: the web server, and curl as its client.
#
# Flow: a test sources it at its head; its bodies call httpd_serve, then httpd_get. Both work in the case's own directory.

# shellcheck disable=SC2120 # further options are the caller's to give or not
# Serve ./www, created if necessary, with the rules in ./faults and the log in ./log: sets $url and $server.
# The server exits with the test, whose end closes the server's standard input (descriptor 9).
httpd_serve() {
	mkdir -p www faults
	mkfifo httpd.in httpd.out
	${httpd_prefix:-} "${support:?}/httpd" --log log --faults faults --stdin "$@" www <httpd.in >httpd.out &
	# shellcheck disable=SC2034 # as url below
	server=$!
	exec 9>httpd.in
	read -r port <httpd.out || atf_fail "httpd has printed no port"
	# shellcheck disable=SC2034 # the test uses it
	url=http://127.0.0.1:$port
}

# Serve one file, f, of 100,000 bytes: sets what httpd_serve sets.
httpd_serve_f() {
	mkdir -p www
	seq 1 20000 | head -c 100000 >www/f
	httpd_serve
}

# Activate only these rules; each argument is the text of one.
httpd_fault() {
	rm -f faults/*
	for rule; do
		echo "$rule" >.rule
		mv .rule "faults/$(printf %s "$rule" | tr -c 'a-z0-9=\n' '_' | cut -c 1-99)"
	done
}

# The reply's headers, without carriage returns, go to ./reply.head, its body to ./reply.body;
# $1 is curl's expected exit status, or "fail" for any but 0.
httpd_get() {
	case $1 in fail) status=not-exit:0 ;; *) status=exit:$1 ;; esac
	shift
	rm -f reply.body
	atf_check -s "$status" -o ignore -e ignore curl -sS -m 60 -D reply.crlf -o reply.body "$@"
	tr -d '\r' <reply.crlf >reply.head
}

httpd_head_has() { atf_check -o ignore grep -x -e "$1" reply.head; }
httpd_head_lacks() { atf_check -s exit:1 grep -i -e "$1" reply.head; }
