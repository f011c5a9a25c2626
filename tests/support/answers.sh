# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# For atf-sh tests: what a web server answers, in lines that can be compared with another server's.
#
# Flow: tests/daemon/httpd_real_test.sh sources it beside httpd.sh.

# answer_of CURL'S ARGUMENT..: its exit status, the status line, the headers that blobrootd or libcurl looks at, in order,
# and the sum of the body. Of a validator only the kind counts. The bodies of errors and redirects are the server's own.
answer_of() {
	rm -f answer.head answer.body
	curl -s -m 60 -D answer.head -o answer.body "$@"
	answer_status=$?
	touch answer.head answer.body
	tr -d '\r' <answer.head | tr '[:upper:]' '[:lower:]' | sed -nE 's/^(http\/1\.[01] [0-9]*).*/\1/p
		s/^etag: w\/.*/etag: weak/
		s/^etag: ".*/etag: strong/
		/^(accept-ranges|connection|content-encoding|content-length|content-range|etag|last-modified|location|retry-after|transfer-encoding|x-test):/p' |
		LC_ALL=C sort >answer.lines
	if grep -q '^http/1.. [345]' answer.lines; then
		grep -Ev '^(content-length|etag|last-modified):' answer.lines
	else
		cat answer.lines
		[ "${answer_head-}" = yes ] || echo "body: $(cksum <answer.body)"
	fi
	echo "curl: $answer_status"
}

# answers PREFIX [CURL'S ARGUMENT..]: to all that is lawful and that a client like blobrootd might ask for.
answers() {
	answer_url=$1
	shift
	answer_etag=$(curl -sI "$@" "$answer_url/f" | tr -d '\r' | sed -n 's/^[Ee][Tt]ag: //p')
	answer_date=$(curl -sI "$@" "$answer_url/f" | tr -d '\r' | sed -n 's/^Last-Modified: //p')
	answers_ask f "$@"
	answer_head=yes
	answers_ask f -I "$@"
	answer_head=
	answers_ask %66?a=b "$@"
	answers_ask //f "$@"
	answers_ask no "$@"
	answers_ask no -r 0-65535 "$@"
	answers_ask ../secret --path-as-is "$@"
	answers_ask empty "$@"
	answers_ask empty -r 0-65535 "$@"
	answers_ask small -r 0-65535 "$@"
	for answer_range in 0-0 0-65535 1000-1999 65536-131071 99999-99999 99990- 0-99999 100000-100001 -7 -200000; do
		answers_ask f -r $answer_range "$@"
	done
	answers_ask f -H 'Range: lines=1-2' "$@"
	for answer_version in "$answer_etag" "W/$answer_etag" '"other"' "$answer_date" 'Thu, 01 Jan 1970 00:00:00 GMT'; do
		answers_ask f -r 10-19 -H "If-Range: $answer_version" "$@"
	done
	answers_ask f -r 10-19 -H "If-Match: $answer_etag" "$@"
	answers_ask f -r 10-19 -H 'If-Match: "other"' "$@"
	answers_ask f -H "If-None-Match: $answer_etag" "$@"
	answers_ask f -0 -r 10-19 "$@"
	answers_ask f -r 10-19 -H 'Connection: close' "$@"
	answers_ask f -r 10-19 -H 'Accept-Encoding: gzip' "$@"
}

answers_ask() {
	answer_path=$1
	shift
	# The server's own arguments, a socket or none, are of no interest.
	echo "> $answer_path $*" | sed 's/ --unix-socket .*//; s/"[^"]*-[^"]*"/"its own"/; s/ *$//'
	answer_of "$@" "$answer_url/$answer_path"
}
