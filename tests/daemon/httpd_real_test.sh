#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# The tests' servers answer as real ones do: the same requests go to both. HACKING.md, "The fault server", has the list.
# shellcheck disable=SC2016,SC2119,SC2154 # nginx's own variables; what httpd.sh sets

support=$(cd "$(atf_get_srcdir)/../support" && pwd)
# shellcheck source=tests/support/httpd.sh
. "$support/httpd.sh"
# shellcheck source=tests/support/answers.sh
. "$support/answers.sh"
top=$support/../../..

serve() {
	mkdir www
	seq 1 20000 | head -c 100000 >www/f
	head -c 64 www/f >www/small
	: >www/empty
	touch -d '2024-01-02 03:04:05 UTC' www/*
	httpd_serve
}

# nginx LINE..: a real one on the socket ./nginx.sock, with these lines in its server block: sets $nginx.
nginx() {
	{
		echo "server { listen unix:$PWD/nginx.sock; root \"$PWD/www\"; absolute_redirect off;"
		printf '%s\n' "$@" '}'
	} >site
	mkfifo nginx.out
	"$top/qemu/serve" --site site >nginx.out 2>nginx.err 9>&- &
	nginx=$!
	read -r _ <nginx.out || atf_fail "no nginx: $(cat nginx.err)"
}

atf_test_case files_and_ranges_are_answered_as_by_nginx
files_and_ranges_are_answered_as_by_nginx_body() {
	serve
	nginx
	answers http://h --unix-socket nginx.sock >want
	answers "$url" >got
	atf_check diff -u want got
	kill $nginx
}

# same PATH RULE [ARGUMENT..]: nginx answers to PATH as the server with RULE does to /f.
same() {
	path=$1 rule=$2 query=''
	shift 2
	case $path in *\?*) query="?${path#*\?}" ;; esac
	httpd_fault "$rule"
	answer_of "$@" --unix-socket nginx.sock "http://h$path" >want
	answer_of "$@" "$url/f$query" | sed "s|$url|http://h|; s|location: /f?|location: $path?|" >got
	atf_check -o ignore -e ignore diff -u want got || atf_fail "$rule: $(diff -u want got)"
}

atf_test_case rules_that_nginx_can_be_told_too_have_its_answers
rules_that_nginx_can_be_told_too_have_its_answers_body() {
	serve
	file="root \"$PWD/www\"; try_files /f =404;"
	nginx "location = /no-range { max_ranges 0; $file }" \
		"location = /no-etag { etag off; $file }" \
		"location = /weak { sub_filter_types *; sub_filter none none; sub_filter_last_modified on; $file }" \
		"location = /close { keepalive_timeout 0; $file }" \
		"location = /header { add_header X-Test yes; $file }" \
		"location = /503 { add_header Retry-After 7 always; return 503; }" \
		"location = /429 { add_header Retry-After 1 always; return 429; }" \
		"location = /target { if (\$args = '') { return 307 /target?\$range; } if (\$args != \$range) { return 403; } $file }" \
		'location ~ ^/to-(?<code>30[1278])$ { if ($code = 301) { return 301 http://h/x; } if ($code = 302) { return 302 http://h/x; }' \
		'if ($code = 307) { return 307 http://h/x; } if ($code = 308) { return 308 http://h/x; } }' \
		'location ~ ^/says-(?<code>[45]..)$ { if ($code = 403) { return 403; } if ($code = 404) { return 404; } if ($code = 500) { return 500; } }'
	etag=$(curl -sI "$url/f" | tr -d '\r' | sed -n 's/^ETag: //p')
	same /no-range no-range
	same /no-range no-range -r 10-19
	same /no-etag no-etag -r 10-19
	same /no-etag no-etag -r 10-19 -H 'If-Range: "any"'
	same /weak 'chunked weak-etag no-range'
	same /weak 'chunked weak-etag no-range' -r 10-19
	same /weak 'chunked weak-etag no-range' -r 10-19 -H "If-Range: $etag"
	same /weak 'no-length weak-etag no-range' -0
	same /close close -r 10-19
	same /header header=X-Test:%20yes
	same /503 'status=503 retry-after=7' -r 10-19
	same /429 'status=429 retry-after=1'
	for code in 301 302 307 308; do
		same /to-$code "status=$code redirect=http://h/x" -r 10-19
	done
	same /says-403 status=403
	same /says-404 status=404
	same /says-500 'status=500 close'
	same /target redirect-range -r 10-19
	same '/target?10-19' redirect-range -r 10-19
	same '/target?0-9' redirect-range -r 10-19
	kill $nginx
}

atf_test_case a_body_ends_early_as_when_nginx_dies
a_body_ends_early_as_when_nginx_dies_body() {
	serve
	nginx "location = /slow { limit_rate 20000; root \"$PWD/www\"; try_files /f =404; }"
	httpd_fault cut=30000
	answer_of "$url/f" | grep -v ^body >got
	# The next is about another body.
	rm answer.body
	{
		until [ "$(stat -c %s answer.body 2>/dev/null || echo 0)" -gt 10000 ]; do sleep 0.1; done
		kill -KILL "$(pgrep -P $nginx -x nginx)"
	} &
	answer_of --unix-socket nginx.sock http://h/slow | grep -v ^body >want
	atf_check diff -u want got
}

# What a range is answered with, in three lines.
range_lines() {
	tr -d '\r' | sed -nE '/^$/q; s/^HTTP\/1.1 ([0-9]+).*/\1/p; s/^(Content-(Range|Length): .*)/\1/p' | sort
}

# BusyBox's httpd closes each connection, and knows no range that begins with a minus, nor one behind the file's end.
atf_test_case ranges_are_answered_as_by_BusyBox
ranges_are_answered_as_by_BusyBox_body() {
	serve
	httpd_fault close
	for range in 0-65535 1000-1999 65536-131071 99999-99999 99990- 0-99999; do
		# As inetd starts it: it needs no port.
		printf 'GET /f HTTP/1.1\r\nHost: h\r\nRange: bytes=%s\r\n\r\n' $range |
			"$top/build/busybox" httpd -i -h www >reply
		range_lines <reply >want
		curl -s -m 60 -i -o reply -r $range "$url/f"
		range_lines <reply >got
		[ -s want ] || atf_fail 'no answer'
		atf_check diff -u want got
	done
}

atf_init_test_cases() {
	atf_add_test_case files_and_ranges_are_answered_as_by_nginx
	atf_add_test_case rules_that_nginx_can_be_told_too_have_its_answers
	atf_add_test_case a_body_ends_early_as_when_nginx_dies
	atf_add_test_case ranges_are_answered_as_by_BusyBox
}
