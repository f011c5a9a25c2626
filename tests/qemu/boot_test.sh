#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# qemu/boot: what a guest does is what the exit status says.
# shellcheck disable=SC1091,SC2016,SC2154 # text for the guest's shell; what boots.sh and httpd.sh set

atf_test_case the_status_of_a_command_is_ours_and_so_is_its_output
the_status_of_a_command_is_ours_and_so_is_its_output_body() {
	. "$(atf_get_srcdir)/../support/boots.sh"
	boots_tree root
	# As the issue has it; and as little as a command can expect: its own output once more, signals as they come, no port of ours.
	boots 0 root --run 'test -f /etc/hostname && cat /etc/hostname; echo two >&2; echo three >>/proc/self/fd/1
		grep -c "^SigIgn:.0*$" /proc/self/status; ls /proc/self/fd | xargs; cat | wc -c; pwd; echo "$HOME"; exit 0'
	atf_check -o inline:'root\nthree\n1\n0 1 2 3\n0\n/\n/root\n' cat out
	atf_check -o inline:'qemu/boot: making an image of root\ntwo\n' cat err
	# The image is kept, a status is 0 or 1, and what a command leaves behind keeps nobody waiting.
	boots 1 root --run 'sleep 1000 & head -c 300000 /dev/zero; exit 7'
	boots_say '--run: status 7'
	atf_check -o inline:'300000\n' stat -c %s out
	# All of the output comes, however slow its reader is.
	turn_take
	{ "$boots_top/qemu/boot" root --run 'head -c 3000000 /dev/zero; echo' 6>&- || echo "status $?" >&2; } 2>err | { sleep 15; wc -c >out; }
	atf_check cat err
	atf_check -o inline:'3000001\n' cat out
	boots_left_nothing
}

atf_test_case how_a_guest_ends_is_told_apart
how_a_guest_ends_is_told_apart_body() {
	. "$(atf_get_srcdir)/../support/boots.sh"
	boots_tree panics 'exit 1'
	boots 3 panics --run 'sleep 1000'
	atf_check -o match:'^qemu/boot: the guest panicked: Attempted to kill init' tail -n 1 err
	boots_tree ends 'poweroff -f'
	boots 5 ends --run 'sleep 1000'
	atf_check -o inline:'qemu/boot: the guest ended before all came true\n' tail -n 1 err
	boots_measured 0 ends
	# Its last words count, too.
	boots 0 ends --expect 'reboot: Power down'
	# One that stands still for a reason that is known.
	boots_tree hangs 'echo "-- Press any key to proceed --"; while :; do sleep 1000; done'
	boots 4 hangs --run 'sleep 1000' --timeout "$boots_limit"
	atf_check -o ignore grep Press err
	atf_check -o match:"^qemu/boot: the time limit of $boots_limit s is over: systemd-firstboot waits .* systemd.firstboot=off$" tail -n 1 err
	boots_left_nothing
}

atf_test_case lines_of_the_console_are_expected_or_not
lines_of_the_console_are_expected_or_not_body() {
	. "$(atf_get_srcdir)/../support/boots.sh"
	boots_tree root 'echo early; sleep 5; : >/run/late; echo "the end: 5 s"; printf "login: "; while :; do sleep 1000; done'
	# A prompt has no line end.
	boots_measured 0 root --expect 'login: $'
	atf_check -o inline:'login: \n' cat out
	# The command comes after the line.
	boots 0 root --expect '^the end: [0-9]+ s$' --run 'test -e /run/late'
	# However soon the command ends.
	boots 1 root --fail '^late$' --run 'echo late >/dev/console'
	boots_say '--fail: late'
	boots 4 root --expect '^never' --run true --timeout "$boots_limit"
	atf_check -o inline:"qemu/boot: the time limit of $boots_limit s is over\n" tail -n 1 err
	atf_check -o ignore grep 'the end: 5 s' err
	boots_left_nothing
}

atf_test_case files_come_out_and_results_are_written_for_programs
files_come_out_and_results_are_written_for_programs_body() {
	. "$(atf_get_srcdir)/../support/boots.sh"
	boots_tree root
	ln -s hostname root/etc/link
	mkdir root/etc/dir
	echo hidden >root/etc/dir/.file
	echo a >'root/etc/dir/with a blank'
	sleep 2.1
	mkdir there
	# A link that an earlier guest has made is no way out of the place.
	mkdir -p copy/dir
	echo mine >secret
	ln -s ../../secret copy/dir/.file
	boots 1 root --run 'echo made >/etc/made
		exit 3' --copy-out /etc/made --copy-out /etc/link=there --copy-out /etc/dir=copy \
		--copy-out /nowhere --journal journal --tap-report report.tap --junit report.xml --fail '<&"never'
	atf_check -o inline:'made\n' cat made
	atf_check -o inline:'root\n' cat there/link
	atf_check -o inline:'hidden\na\n' cat copy/dir/.file 'copy/dir/with a blank'
	atf_check -o inline:'mine\n' cat secret
	sed -i 1d err
	atf_check -o inline:'qemu/boot: --journal: the guest does not run systemd
qemu/boot: --copy-out /nowhere: the guest has no such file
qemu/boot: --run: status 3\n' cat err
	cat >want <<-'EOT'
		TAP version 13
		1..8
		ok 1 - boots root
		ok 2 - --fail <&"never
		not ok 3 - --run echo made >/etc/made   exit 3
		# status 3
		not ok 4 - --journal
		# the guest does not run systemd
		ok 5 - --copy-out /etc/made
		ok 6 - --copy-out /etc/link=there
		ok 7 - --copy-out /etc/dir=copy
		not ok 8 - --copy-out /nowhere
		# the guest has no such file
	EOT
	atf_check -o file:want cat report.tap
	atf_check -o inline:'1\n' grep -c '<testsuite name="qemu/boot" tests="8" failures="3" time="[0-9]*">' report.xml
	atf_check -o ignore grep -F '<testcase classname="root" name="--fail &lt;&amp;&quot;never"></testcase>' report.xml
	atf_check -o ignore grep -F 'name="--copy-out /nowhere"><failure message="the guest has no such file"/></testcase>' report.xml
}

# Whatever has the image: all say the same in the guest.
atf_test_case a_tar_an_image_and_a_URL_boot_as_well
a_tar_an_image_and_a_URL_boot_as_well_body() {
	. "$(atf_get_srcdir)/../support/boots.sh"
	support=$boots_top/build/tests/support
	. "$support/httpd.sh"
	boots_tree root
	tar -C root -cJf root.txz .
	sleep 2.1
	boots 0 root.txz --run 'cat /etc/hostname'
	atf_check -o inline:'root\n' cat out
	atf_check -o ignore "$boots_top/images/mkimage" --all-root root root.erofs
	# With its own hash tree, and with one of ours.
	boots 0 root.erofs --run 'cat /etc/hostname'
	atf_check -o inline:'root\n' cat out
	atf_check cat err
	mkdir www
	mv root.erofs* www/
	ln www/root.erofs alone.erofs
	boots 0 alone.erofs --run 'cat /etc/hostname' --transport fuse --overlay none
	boots_say 'making the hash tree of alone.erofs'
	httpd_serve
	boots 0 "http://localhost:${url##*:}/root.erofs" --run 'cat /etc/hostname'
	atf_check cat err
	boots_left_nothing
}

atf_init_test_cases() {
	atf_add_test_case the_status_of_a_command_is_ours_and_so_is_its_output
	atf_add_test_case how_a_guest_ends_is_told_apart
	atf_add_test_case lines_of_the_console_are_expected_or_not
	atf_add_test_case files_come_out_and_results_are_written_for_programs
	atf_add_test_case a_tar_an_image_and_a_URL_boot_as_well
}
