#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# One server that would take all of a shared bounded thing: SECURITY.md has a row for each.
# shellcheck disable=SC2119,SC2154 # what kernel.sh sets

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/verity.sh
. "$support/verity.sh"
# shellcheck source=tests/support/tls.sh
. "$support/tls.sh"

# serve MIRRORS: an image of 256 MiB, nearly all of it zeros, and so many servers beside the first, with rules in rules1/ ..
serve() {
	kernel_serve
	verity_blocks 65536
	verity_format www/x.erofs www/x.erofs.verity
	verity_trust
	for n in $(seq "$1"); do
		mkfifo "out$n"
		mkdir "rules$n"
		"$support/httpd" --log "log$n" --faults "rules$n" --stdin www <httpd.in >"out$n" &
		read -r port <"out$n" || atf_fail "no port"
		kernel_trust="$kernel_trust rd.blob.mirror=http://127.0.0.1:$port/x.erofs"
	done
}

# The server with these rules from now on sends heads at once, and of bodies a byte each 0.3 s.
drip() { echo "sh echo rate=3 burst=500 >$1/drip"; }

# took FEWER: fewer seconds between the files before and after than that.
took() {
	seconds=$(awk '{ took = $1 - took } END { print took }' before after)
	echo "took $seconds s"
	awk "BEGIN { exit !($seconds < $1) }" || atf_fail "it took $seconds s"
}

# hundred_reads RULES..: are done soon although the servers with these rules drip.
hundred_reads() {
	kernel_run --patience 300 <<-SCRIPT
		ready
		open image
		sample 1 1 1 64K
		$(for rules; do drip "$rules"; done)
		sh cat /proc/uptime >before
		random 1 100 2 16K
		sh cat /proc/uptime >after
		check failed == 0
	SCRIPT
	took 30
}

atf_test_case a_mirror_that_drips_does_not_hold_up_what_an_honest_one_has
a_mirror_that_drips_does_not_hold_up_what_an_honest_one_has_body() {
	serve 1
	hundred_reads faults
}

atf_test_case two_mirrors_that_drip_do_not_hold_up_what_a_third_has
two_mirrors_that_drip_do_not_hold_up_what_a_third_has_body() {
	serve 2
	hundred_reads faults rules1
}

# nginx LINE..: serves an image from an nginx with these lines of configuration, the first of them outside of its server
# block. Its log is ./log.
nginx() {
	kernel_blob www/x.erofs 8000000
	cp www/x.erofs want.erofs
	verity_format www/x.erofs www/x.erofs.verity
	verity_trust
	tls_find_port
	port=$tls_port
	url=http://127.0.0.1:$port
	printf '%s\n' 'limit_req_log_level info;' "$1" "server { listen 127.0.0.1:$port; root $PWD/www; " >site
	shift
	printf '%s\n' "$@" '}' >>site
	mkfifo nginx.out
	"$support/../../../qemu/serve" --log log --site site >nginx.out &
	nginx=$!
	read -r _ <nginx.out || atf_fail 'nginx does not start'
}

# limited REFUSED: fewer refusals than that, for 30 reads and their hashes.
limited() {
	kernel_run --patience 120 <<-SCRIPT
		ready
		open image
		wait
		random 1 30 1 4K
		check failed == 0
	SCRIPT
	kill "$nginx"
	wait "$nginx"
	refused=$(grep -c -E ' (429|503) [0-9]+ ' log)
	echo "$(wc -l <log) requests, $refused refused"
	[ "$refused" -lt "$1" ] || atf_fail "$refused refused"
}

atf_test_case a_server_that_limits_the_rate_of_requests_refuses_few
a_server_that_limits_the_rate_of_requests_refuses_few_body() {
	# shellcheck disable=SC2016 # nginx's variables
	nginx 'limit_req_zone $binary_remote_addr zone=one:1m rate=20r/s;' 'limit_req zone=one;'
	limited 30
}

atf_test_case a_server_that_says_when_to_come_again_refuses_few
a_server_that_says_when_to_come_again_refuses_few_body() {
	# shellcheck disable=SC2016 # nginx's variables
	nginx 'limit_req_zone $binary_remote_addr zone=one:1m rate=20r/s;' 'limit_req zone=one;' \
		'error_page 503 @busy; location @busy { add_header Retry-After 1 always; return 429; }'
	limited 30
}

atf_test_case a_redirect_with_an_endless_body_is_not_read_to_its_end
a_redirect_with_an_endless_body_is_not_read_to_its_end_body() {
	kernel_serve
	mv www/x.erofs www/real
	head -c 100000 www/real >www/x.erofs
	httpd_fault "redirect=$url/real path=/x.erofs long-body"
	kernel_run <<-SCRIPT
		ready
		check fetched == 165536
	SCRIPT
	truncate -s 1G www/x.erofs
	kernel_refuses 111 'a redirect with a body of more than 256 KiB' "redirect=$url/real path=/x.erofs long-body"
	[ "$(kernel_pulled)" -lt 200000000 ] || atf_fail "$(kernel_pulled) bytes were pulled"
}

atf_init_test_cases() {
	atf_add_test_case a_mirror_that_drips_does_not_hold_up_what_an_honest_one_has
	atf_add_test_case two_mirrors_that_drip_do_not_hold_up_what_a_third_has
	atf_add_test_case a_server_that_limits_the_rate_of_requests_refuses_few
	atf_add_test_case a_server_that_says_when_to_come_again_refuses_few
	atf_add_test_case a_redirect_with_an_endless_body_is_not_read_to_its_end
}
