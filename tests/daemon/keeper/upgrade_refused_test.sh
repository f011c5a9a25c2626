#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# blobrootd upgrade: what is refused, and changes nothing.
# shellcheck disable=SC2016,SC2119,SC2154 # the script's own expansions; what kernel.sh sets

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/kernel.sh
. "$support/kernel.sh"

# What the upgrade must not touch: process IDs of keeper and engine.
pids="sh $support/../../blobrootd status --run run | grep -E '^(keeper|engine)='"

# upgrade_try PATH: the line of a script that begins it; the program may need the fake kernel to come up.
upgrade_try() {
	echo "sh rm -f done; ($kernel_blobrootd upgrade --run run $1 2>said; echo \$? >status; mv status done) &"
}

# upgrade_refuses PATH STATUS WHY: and nothing has changed.
upgrade_refuses() {
	kernel_run --start <<-EOF
		ready
		open image
		scan 1 1M
		$pids >before
		$(upgrade_try "$1")
		log blobroot: keeper: upgrade refused: $3
		sh until [ -e done ]; do sleep 0.02; done
		sh cat said done; grep -x $2 done && echo 'upgrade: $1: $3' | cmp - said
		$pids | cmp - before
		scan 1 128K
	EOF
}

atf_test_case what_is_no_blobrootd_is_refused
what_is_no_blobrootd_is_refused_body() {
	kernel_serve
	atf_check -s exit:100 -e inline:'upgrade: /nonexistent: No such file or directory\n' \
		"$kernel_blobrootd" upgrade --run run /nonexistent
	upgrade_refuses /bin/true 100 'it is no blobrootd'
	upgrade_refuses /bin/false 100 'it does not know how to take over from this version'
	echo 'no program' >text
	upgrade_refuses text 100 'it is no program that runs on this machine'
}

atf_test_case a_program_for_another_machine_is_refused
a_program_for_another_machine_is_refused_body() {
	kernel_serve
	# e_machine: IBM S/390.
	cp "$kernel_blobrootd" other
	printf '\026' | dd of=other bs=1 seek=18 conv=notrunc 2>/dev/null
	upgrade_refuses other 100 'it is no program that runs on this machine'
}

# keeper_alone has the roles of versions before this one.
atf_test_case an_older_one_that_knows_nothing_of_it_is_refused
an_older_one_that_knows_nothing_of_it_is_refused_body() {
	kernel_serve
	upgrade_refuses "$support/keeper_alone" 100 \
		'it does not know how to take over from this version'
}

# offer HOW ANSWER: villain asks as `blobrootd upgrade` would not.
offer() {
	kernel_run --start <<-EOF
		ready
		open image
		scan 1 1M
		$pids >before
		sh $support/villain offer $1 run $kernel_blobrootd >&2 2>said; test \$? -eq $2
		sh echo '$3' | cmp - said
		$pids | cmp - before
		scan 1 128K
	EOF
}

atf_test_case a_program_that_could_change_is_refused
a_program_that_could_change_is_refused_body() {
	kernel_serve
	for how in file shrink grow write; do
		offer $how 100 'the program was not handed over as a sealed memfd'
	done
}

# The trial asks first: a keeper that found out after the exec could only end, and close the kernel's device.
atf_test_case what_it_could_not_go_on_with_is_seen_by_the_trial
what_it_could_not_go_on_with_is_seen_by_the_trial_body() {
	check="$kernel_blobrootd keeper --check --plan none	fsid=x	-"
	words='root=blob:http://127.0.0.1/x.erofs rd.blob.insecure'
	IFS=' '
	# shellcheck disable=SC2086 # lists of words
	{
		atf_check -o match:'^blobrootd .* takes over$' $check --transport cachefiles $words
		atf_check -s exit:100 $check --transport nonsense $words
		atf_check -s exit:100 $check $words rd.blob.nonsense=1
		atf_check -s exit:2 -e ignore $check --nonsense 1 $words
		atf_check -s exit:2 $check --restarts many $words
		atf_check -s exit:2 $check
	}
}

atf_test_case a_program_that_does_not_answer_is_refused
a_program_that_does_not_answer_is_refused_body() {
	kernel_serve
	upgrade_refuses "$support/deaf" 100 'it did not answer in 10 s'
}

atf_test_case only_who_runs_the_keeper_or_is_root_may_ask
only_who_runs_the_keeper_or_is_root_may_ask_body() {
	kernel_serve
	kernel_run --start <<-EOF
		ready
		sh test "\$(stat -c %a run/upgrade)" = 600
		sh test "\$(stat -c %a run/control)" = 600
	EOF
	# Even where the socket's mode would let others in.
	if [ "$(id -u)" -eq 0 ]; then
		chmod 711 .
		kernel_run --start <<-EOF
			ready
			$pids >before
			sh chmod 711 run && chmod 666 run/upgrade
			sh $support/villain offer nobody run $kernel_blobrootd 2>said; test \$? -eq 111 && grep -x 'keeper: died' said
			$pids | cmp - before
			sh $support/villain offer sealed run $kernel_blobrootd
			log blobroot: keeper: blobrootd * takes over
		EOF
	fi
	atf_check -s exit:111 -e inline:'none/upgrade: no blobrootd answers: No such file or directory\n' \
		"$kernel_blobrootd" upgrade --run none "$kernel_blobrootd"
	atf_check -s exit:2 "$kernel_blobrootd" upgrade --run none
}

atf_init_test_cases() {
	atf_add_test_case what_is_no_blobrootd_is_refused
	atf_add_test_case a_program_for_another_machine_is_refused
	atf_add_test_case an_older_one_that_knows_nothing_of_it_is_refused
	atf_add_test_case a_program_that_could_change_is_refused
	atf_add_test_case what_it_could_not_go_on_with_is_seen_by_the_trial
	atf_add_test_case a_program_that_does_not_answer_is_refused
	atf_add_test_case only_who_runs_the_keeper_or_is_root_may_ask
}
