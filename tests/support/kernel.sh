# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# For atf-sh tests of the daemon: a blob, the web server that serves it, and the fake kernel that reads it.
#
# Flow: a test sources it at its head; its bodies call kernel_blob and kernel_serve, then kernel_run with a script
# on standard input (the head of kernel.c lists the commands). Everything is in the case's own directory.
# shellcheck disable=SC2034,SC2119,SC2120,SC2154 # variables and options that are the tests' or httpd.sh's

kernel_top=$(cd "$support/../../.." && pwd)
kernel_blobrootd=${BLOBROOTD:-$kernel_top/build/blobrootd}

# shellcheck source=tests/support/httpd.sh
. "$support/httpd.sh"

# kernel_noise FILE BYTES [SEED]: bytes that differ from block to block, and from seed to seed.
kernel_noise() {
	awk -v bytes="$2" -v seed="${3:-1}" 'BEGIN {
		for (srand(seed); n < bytes; n += 32)
			printf "%08x%08x%08x%07x\n", rand() * 4294967296, rand() * 4294967296, n, seed
	}' | head -c "$2" >"$1"
}

# kernel_blob FILE BYTES [SEED]: an uncompressed EROFS image that contains a file of BYTES.
kernel_blob() {
	mkdir -p tree "$(dirname "$1")"
	kernel_noise tree/noise "$2" "${3:-1}"
	rm -f "$1"
	atf_check -o ignore -e ignore mkfs.erofs -T0 -U 00000000-0000-0000-0000-000000000001 "$1" tree
}

# kernel_serve [BYTES [OPTION..]]: the image is www/x.erofs, its URL $url/x.erofs; default: 4 MiB. Options are httpd's.
kernel_serve() {
	kernel_blob www/x.erofs "${1:-4194304}"
	cp www/x.erofs want.erofs
	[ $# -eq 0 ] || shift
	httpd_serve "$@"
	# For the script's sh command: its arguments become the only rule; without arguments there is no rule.
	printf '%s\n' '#!/bin/sh' 'rm -f faults/*; [ $# -eq 0 ] || { echo "$*" >.rule; mv .rule faults/rule; }' >fault
	chmod 755 fault
}

# kernel_run [OPTION..] [-- WORD..]: runs the script on standard input against the daemon; it must succeed.
# The fake kernel's output is in ./out. $kernel_trust has the parameters that authenticate the image; $kernel_profile those of its
# boot profile, by default that there is none, so that each request is one of the test's. Each run begins with
# an empty store, ./cache, unless $kernel_left is set.
kernel_run() {
	[ -n "${kernel_left-}" ] || rm -rf cache
	cat >script
	words="root=blob:$url/x.erofs ${kernel_trust-rd.blob.insecure} ${kernel_profile-rd.blob.profile=none}"
	options=
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		options="$options $1"
		shift
	done
	[ $# -eq 0 ] || shift
	# shellcheck disable=SC2086 # lists of words
	${kernel_prefix:-} "$support/kernel" --blobrootd "$kernel_blobrootd" --image want.erofs --script script \
		$options $words "$@" >out 2>&1
	kernel_status=$?
	if [ "$kernel_status" -ne 0 ]; then
		tail -n 60 out >&2
		atf_fail "$(tail -n 1 out)"
	fi
}

# kernel_patience STATUS: how many seconds to wait for a good answer, where STATUS is expected. An answer that is final at once takes
# none of them.
kernel_patience() { if [ "$1" -eq 100 ]; then echo 30; else echo 2; fi; }

# kernel_refuses STATUS WHY RULE..: from a server with these rules the daemon does not start: it ends with STATUS, and says
# WHY. Where that is not final, it tries for 2 s.
kernel_refuses() {
	kernel_why=$2
	kernel_code=$1
	shift 2
	httpd_fault "$@"
	kernel_run -- "rd.blob.contact=$(kernel_patience "$kernel_code")" <<-EOF
		failed $kernel_code $url/x.erofs: $kernel_why
	EOF
}

# From the access log: requests whose line matches a pattern; connections; bytes of all bodies.
kernel_logged() { grep -c -e "${1:-.}" log; }
kernel_connections() { cut -d' ' -f6 log | sort -u | wc -l; }
kernel_pulled() { awk '{ n += $5 } END { print n + 0 }' log; }
# Blocks that were fetched more than once.
kernel_twice() {
	awk '$3 ~ /^[0-9]+-/ { split($3, range, "-"); for (i = int(range[1] / 4096); i <= int(range[2] / 4096); i++) n[i]++ }
		END { for (i in n) if (n[i] > 1) print i }' log
}
