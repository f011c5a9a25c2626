#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# blobrootd upgrade: another program in the place of the one that runs, and what it goes on with.
# shellcheck disable=SC2016,SC2119,SC2154 # the script's own expansions; what kernel.sh sets

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/kernel.sh
. "$support/kernel.sh"

# upgrade_try PATH: the line of a script that begins it; the program may need the fake kernel to come up.
upgrade_try() {
	echo "sh rm -f done; ($kernel_blobrootd upgrade --run run $1 2>said; echo \$? >status; mv status done) &"
}

atf_test_case another_program_goes_on_with_the_same_image
another_program_goes_on_with_the_same_image_body() {
	kernel_serve
	cp "$kernel_blobrootd" next
	{
		printf '%s\n' ready 'open image' 'read 1 1M 128K' wait
		for i in 1 2 3 4 5; do
			# Half of it reads that are under way.
			printf '%s\n' 'sh ./fault silent' "read 1 ${i}28K 4K" "read 1 2${i}00K 64K" settle \
				"sh $kernel_blobrootd upgrade --run run next 2>said" \
				'sh grep -x "upgrade: next: has taken over" said' 'sh ./fault' \
				'log blobroot: keeper: blobrootd * takes over' wait
		done
		printf '%s\n' "sh rm next" \
			"sh $kernel_blobrootd status --run run keeper | cmp - run/keeper.pid" \
			'sh readlink /proc/$(cat run/keeper.pid)/exe | grep memfd' \
			"sh $kernel_blobrootd status --run run restarts | grep -x 0" \
			kill 'log *the next one takes over in 0 ms' 'scan 1 128K' \
			"sh $kernel_blobrootd status --run run restarts | grep -x 1"
	} >commands
	kernel_run --start <commands
}

atf_test_case it_keeps_no_descriptor_but_what_it_needs
it_keeps_no_descriptor_but_what_it_needs_body() {
	kernel_serve
	echo 'no program' >text
	count='ls /proc/$(cat run/keeper.pid)/fd | wc -l'
	kernel_run --start <<-EOF
		ready
		open image
		scan 1 1M
		sh $kernel_blobrootd upgrade --run run $kernel_blobrootd
		scan 1 128K
		sh $count >before
		scan 1 128K
		$(upgrade_try text)
		log blobroot: keeper: upgrade refused: *
		$(upgrade_try /bin/true)
		log blobroot: keeper: upgrade refused: *
		sh $kernel_blobrootd upgrade --run run $kernel_blobrootd
		scan 1 128K
		sh $count | cmp - before
	EOF
}

atf_test_case who_does_not_hear_the_answer_holds_nobody_up
who_does_not_hear_the_answer_holds_nobody_up_body() {
	kernel_serve
	mkfifo open
	kernel_run --start <<-EOF
		ready
		open image
		read 1 1M 128K
		wait
		sh exec 3<>open; $support/villain offer full run $kernel_blobrootd <&3 & echo \$! >asking
		log blobroot: keeper: blobrootd * takes over
		scan 1 128K
		kill
		log *the next one takes over in 0 ms
		scan 1 128K
		sh kill \$(cat asking)
	EOF
}

# What an engine that was taken over told the keeper must not keep the cure out.
atf_test_case no_text_of_an_engine_keeps_an_upgrade_out
no_text_of_an_engine_keeps_an_upgrade_out_body() {
	for told in 'nothing' '' '*verity*	nonsense' '*image*	' 'data	1'; do
		atf_check -o match:'^blobrootd .* takes over$' "$kernel_blobrootd" keeper --check --plan 'none	fsid=x	-' \
			--remember "$told" root=blob:http://127.0.0.1/x.erofs rd.blob.insecure
	done
}

atf_init_test_cases() {
	atf_add_test_case another_program_goes_on_with_the_same_image
	atf_add_test_case it_keeps_no_descriptor_but_what_it_needs
	atf_add_test_case who_does_not_hear_the_answer_holds_nobody_up
	atf_add_test_case no_text_of_an_engine_keeps_an_upgrade_out
}
