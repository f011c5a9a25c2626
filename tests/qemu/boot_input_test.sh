#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# qemu/boot: what is wrong with a call or with a machine is one line. QEMU is a program of the test's: no guest is needed.
# shellcheck disable=SC1091,SC2016,SC2154 # what boots.sh sets

is_refused() {
	refused_status=$1 refused_line=$2
	shift 2
	boots "$refused_status" "$@"
	boots_say "$refused_line"
	atf_check cat out
}

atf_test_case what_cannot_be_booted_is_refused_in_one_line
what_cannot_be_booted_is_refused_in_one_line_body() {
	. "$(atf_get_srcdir)/../support/boots.sh"
	boots_qemu 8.0.0
	boots_tree root
	mkdir -p empty no-init/etc
	echo x >no-init/etc/x
	head -c 5000 /dev/zero >junk
	none='no init: neither /sbin/init, /etc/init, /bin/init nor /bin/sh, and no init= is given'
	mkfifo fifo
	atf_check -s exit:1 -e match:"^qemu/boot: $PWD/junk/run[.0-9a-f]*: cannot be made: Not a directory\$" \
		env -u HOME -u XDG_CACHE_HOME TMPDIR="$PWD/junk" "$boots_top/qemu/boot" root
	is_refused 2 'nowhere: no such file or directory' nowhere
	is_refused 2 'fifo: no such file or directory' fifo
	is_refused 2 "empty: $none" empty
	is_refused 2 "no-init: $none" no-init
	mkdir layout
	echo '{"imageLayoutVersion":"1.0.0"}' >layout/oci-layout
	is_refused 2 'layout: a container image, not a root: examples/container unpacks it' layout
	is_refused 2 'junk: no root tree, no tar and no EROFS image' junk
	printf '\037\213no' >bad.tgz
	boots 2 bad.tgz
	atf_check -o match:'^qemu/boot: bad.tgz: .*cannot be unpacked$' tail -n 1 err
	mkfs.erofs -b512 small.erofs root >/dev/null 2>&1 || { head -c 8192 /dev/zero >small.erofs && printf '\342\341\365\340\0\0\0\0\0\0\0\0\011' |
		dd of=small.erofs bs=1 seek=1024 conv=notrunc status=none; }
	is_refused 2 'small.erofs: its blocks are not of 4096 bytes: mkfs.erofs -b 4096' small.erofs
	boots 2 http://localhost:1/x.erofs
	atf_check -o match:'^qemu/boot: http://localhost:1/x.erofs.roothash: .*localhost port 1' cat err
	atf_check cat started
	boots_left_nothing
}

atf_test_case a_call_that_is_wrong_is_refused_in_one_line
a_call_that_is_wrong_is_refused_in_one_line_body() {
	. "$(atf_get_srcdir)/../support/boots.sh"
	boots_qemu 8.0.0
	mkdir root
	see=': see blobroot-boot(1)'
	mkfifo port
	"$boots_top/qemu/serve" root >port &
	server=$!
	read -r taken <port
	is_refused 2 "other: unexpected$see" root other
	is_refused 2 "--nonsense: no such option$see" root --nonsense x
	is_refused 2 "--run: needs a value$see" root --run
	is_refused 2 "--timeout soon: not a number$see" root --timeout soon
	is_refused 2 '--expect a(: Unmatched ( or \\(' root --expect 'a('
	boots 2 root --fail '['
	atf_check -o match:'^qemu/boot: --fail \[: ..' cat err
	is_refused 2 '/nowhere/console: cannot be written' root --console /nowhere/console
	is_refused 2 'root: cannot be written' root --junit root
	echo old >report
	is_refused 2 'nowhere: no such file or directory' nowhere --tap-report report --run true
	atf_check -o inline:'TAP version 13\n1..2\nnot ok 1 - boots nowhere\n# nowhere: no such file or directory
not ok 2 - --run true\n# nowhere: no such file or directory\n' cat report
	is_refused 2 "--kernel and --initrd: both or none$see" root --kernel /dev/null
	is_refused 2 '--copy-out /: not the whole root' root --copy-out /
	is_refused 2 '--copy-out /etc=/nowhere/x: /nowhere: no such directory' root --copy-out /etc=/nowhere/x
	is_refused 2 "--ssh=$taken: somebody has this port" root "--ssh=$taken"
	is_refused 2 "--ssh=70000: no port$see" root --ssh=70000
	is_refused 2 "--run: needs a value$see" root --run ''
	is_refused 2 "--mem much: not a number$see" root --mem much
	is_refused 2 "root: the guest reaches it on QEMU's own network only: --tap and --nic none are for URLs$see" root --nic none
	kill "$server"
	wait
	export QEMU="$PWD/no-qemu"
	is_refused 1 "$PWD/no-qemu is missing: apt-get install qemu-system-x86" root
	boots_qemu 6.2.0
	is_refused 1 'QEMU 6.2.0: too old: nothing before 7.2 was tried' root
	atf_check cat started
	boots_left_nothing
}

atf_test_case a_disk_that_is_full_is_said_in_one_line
a_disk_that_is_full_is_said_in_one_line_body() {
	. "$(atf_get_srcdir)/../support/boots.sh"
	boots_qemu 8.0.0
	boots_tree root
	head -c 3000000 /dev/urandom >root/large
	boots_status=0
	# As root, or as root of a user namespace.
	unshare -m true 2>/dev/null || within='unshare -r'
	mkdir cache
	${within:-} unshare -m sh -c 'mount -t tmpfs -o size=1m tmpfs cache && exec "$@"' sh "$boots_top/qemu/boot" root 2>err ||
		boots_status=$?
	atf_check_equal 2 "$boots_status"
	atf_check -o match:'^qemu/boot: root: mkimage: root: mkfs.erofs failed: no space left in .*/cache/blobroot/run' tail -n 1 err
}

atf_init_test_cases() {
	atf_add_test_case what_cannot_be_booted_is_refused_in_one_line
	atf_add_test_case a_call_that_is_wrong_is_refused_in_one_line
	atf_add_test_case a_disk_that_is_full_is_said_in_one_line
}
