#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# Everything at once: 30 times in the long form, 3 times in the short one. VERITY_SEED chooses other faults, VERITY_ROUNDS
# multiplies the number of rounds.
# shellcheck disable=SC2119,SC2154 # what kernel.sh sets

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/verity.sh
. "$support/verity.sh"
# shellcheck source=tests/support/long.sh
. "$support/long.sh"

# Lies that come and go, cuts and waits, on two mirrors at once, and deaths: a read may fail, but no byte is wrong, and
# all can be read once that is over.
atf_test_case lies_that_come_and_go
lies_that_come_and_go_body() {
	verity_blocks 3000
	httpd_serve
	verity_format www/x.erofs www/x.erofs.verity
	verity_trust
	verity_mirror b
	for seed in $(seq $((${VERITY_SEED:-0} + 1)) $((${VERITY_SEED:-0} + $(long_or_short 30 3) * ${VERITY_ROUNDS:-1}))); do
		awk -v seed="$seed" 'BEGIN {
			srand(seed)
			print "ready\nopen image\nwait"
			for (rule = 0; rule < 5; rule++) {
				file = rand() < 0.3 ? "/b/" : "/x"
				split("cut=5000 reset=9000 delay=15 flip=70001 flip=20001 shift=+4096 status=503", what, " ")
				printf "sh echo percent=%d seed=%d path=%s %s flip=%d flip=%d >faults/%d\n", 10 + rand() * 30, seed + rule,
					file, what[1 + int(rand() * 7)], 65536 + rand() * 12000000, 65536 + rand() * 100000, rule
			}
			for (i = 0; i < 150; i++) {
				printf "read 1 %d %d\n", int(rand() * 2990) * 4096, (1 + int(rand() * 9)) * 4096
				if (i % 40 == 20 || i == 149) print "wait all any"
				if (i % 70 == 69) print "settle\nkill\nstart"
			}
			print "sh rm -f faults/*\nscan 1 128K"
		}' >commands
		kernel_run --patience 40 -- rd.blob.timeout=20 <commands
		echo "seed $seed: $(grep -c ' eio$' out) of 150 reads failed"
	done
}

atf_init_test_cases() {
	atf_add_test_case lies_that_come_and_go
}
