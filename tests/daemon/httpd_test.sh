#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# The tests' own web server (tests/support/httpd.c), judged by curl: a fault that does not happen as described
# would make every test that leans on it worthless.
# shellcheck disable=SC2119,SC2154 # what httpd.sh sets

support=$(cd "$(atf_get_srcdir)/../support" && pwd)
# shellcheck source=tests/support/httpd.sh
. "$support/httpd.sh"

body_is() { atf_check -s exit:0 cmp "$1" reply.body; }
part() { tail -c "+$(($1 + 1))" www/f | head -c "$2" >want; }
logged() { atf_check -o "inline:$1\n" tail -n 1 log; }

atf_test_case whole_files
whole_files_body() {
	httpd_serve_f
	httpd_get 0 "$url/f"
	body_is www/f
	httpd_head_has 'HTTP/1.1 200 OK'
	httpd_head_has 'Content-Length: 100000'
	httpd_head_has 'Accept-Ranges: bytes'
	logged 'GET /f - 200 100000 1 ok'
	httpd_get 0 -I "$url/f"
	httpd_head_has 'Content-Length: 100000'
	logged 'HEAD /f - 200 0 2 ok'
	httpd_get 0 "$url/%66?query"
	body_is www/f
	httpd_get 0 "$url/no"
	httpd_head_has 'HTTP/1.1 404 Not Found'
	httpd_get 0 --path-as-is "$url/../log"
	httpd_head_has 'HTTP/1.1 400 Bad Request'
	logged '- - - 400 11 5 ok'
	httpd_get 0 -d x "$url/f"
	httpd_head_has 'HTTP/1.1 400 Bad Request'
	: >www/empty
	httpd_get 0 "$url/empty"
	httpd_head_has 'Content-Length: 0'
}

atf_test_case single_ranges
single_ranges_body() {
	httpd_serve_f
	httpd_get 0 -r 0-0 "$url/f"
	part 0 1 && body_is want
	httpd_head_has 'HTTP/1.1 206 Partial Content'
	httpd_head_has 'Content-Range: bytes 0-0/100000'
	httpd_get 0 -r 65536-99999999 "$url/f"
	part 65536 34464 && body_is want
	httpd_head_has 'Content-Range: bytes 65536-99999/100000'
	logged 'GET /f 65536-99999999 206 34464 2 ok'
	httpd_get 0 -r -7 "$url/f"
	part 99993 7 && body_is want
	httpd_get 0 -r 99999- "$url/f"
	part 99999 1 && body_is want
	httpd_get 0 -r 100000-100001 "$url/f"
	httpd_head_has 'HTTP/1.1 416 Range Not Satisfiable'
	httpd_head_has 'Content-Range: bytes \*/100000'
	for odd in 5-4 x-3 0-1,4-5 99999999999999999999-; do
		httpd_get 0 -H "Range: bytes=$odd" "$url/f"
		body_is www/f
	done
}

atf_test_case validators
validators_body() {
	httpd_serve_f
	httpd_get 0 "$url/f"
	etag=$(sed -n 's/^ETag: //p' reply.head)
	date=$(sed -n 's/^Last-Modified: //p' reply.head)
	for good in "$etag" "$date"; do
		httpd_get 0 -r 10-19 -H "If-Range: $good" "$url/f"
		httpd_head_has 'HTTP/1.1 206 Partial Content'
	done
	for bad in '"other"' "W/$etag" 'Thu, 01 Jan 1970 00:00:00 GMT'; do
		httpd_get 0 -r 10-19 -H "If-Range: $bad" "$url/f"
		httpd_head_has 'HTTP/1.1 200 OK'
		body_is www/f
	done
	httpd_get 0 -H "If-None-Match: $etag" "$url/f"
	httpd_head_has 'HTTP/1.1 304 Not Modified'
	httpd_get 0 -H 'If-Match: "other"' "$url/f"
	httpd_head_has 'HTTP/1.1 412 Precondition Failed'
	touch www/f
	httpd_get 0 -r 10-19 -H "If-Range: $etag" "$url/f"
	httpd_head_has 'HTTP/1.1 200 OK'
}

atf_test_case many_connections
many_connections_body() {
	httpd_serve_f
	seq 0 299 | sed "s|.*|url = $url/f?&\\noutput = many.&|" >list
	touch faults/delay=300
	atf_check -e ignore curl -sS -m 20 --parallel --parallel-immediate --parallel-max 300 -K list
	for i in 0 99 299; do
		cmp www/f "many.$i" || atf_fail "reply $i is wrong"
	done
	atf_check -o inline:'300\n' grep -c ' 200 100000 .* ok$' log
	rm faults/delay=300
	: >log
	httpd_get 0 "$url/f" -o /dev/null "$url/f" -o /dev/null "$url/f"
	atf_check -o inline:'1\n' sh -c "cut -d' ' -f6 log | sort -u | wc -l"
}

atf_test_case ends_when_told
ends_when_told_body() {
	httpd_serve_f
	exec 9>&-
	wait "$server" || atf_fail "end of standard input: status $?"
	mkfifo again
	"$support/httpd" www >again &
	read -r port <again
	kill $!
	wait $! || atf_fail "SIGTERM: status $?"
}

atf_init_test_cases() {
	atf_add_test_case whole_files
	atf_add_test_case single_ranges
	atf_add_test_case validators
	atf_add_test_case many_connections
	atf_add_test_case ends_when_told
}
