#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# initrd/lib/{handover,end}.sh and initrd/handover/read-end: what the end of the host needs, and whom it spares.
# shellcheck disable=SC1091,SC2016,SC2034,SC2119 # text for other shells; variables and functions of fake.sh

top=$(atf_get_srcdir)
until [ -e "$top/initrd/mkinitrd" ]; do top=$top/..; done
. "$top/tests/initrd/fake.sh"
. "$top/tests/initrd/host.sh"

atf_test_case systemd_tells_the_keeper_how_the_host_ends
systemd_tells_the_keeper_how_the_host_ends_body() {
	host
	root_with_systemd
	hand_over
	number=50
	# In the order of enum end_how.
	for verb in poweroff reboot halt kexec; do
		has systemd/system.attached/blobroot-$verb.service "Conflicts=$verb.target"
		has systemd/system.attached/blobroot-$verb.service "KillSignal=$number"
		atf_check test -e root/run/systemd/system.attached/sysinit.target.wants/blobroot-$verb.service
		atf_check -o ignore grep -i "END_$verb = $number" "$top/daemon/keeper/end.h"
		number=$((number + 1))
	done
	atf_check test -e root/run/systemd/system.attached/multi-user.target.wants/blobroot-read.service
	atf_check test -e root/run/blobroot/home/bin/read-end
}

# A root of scripts; what is read, and what is not, shows in the times of access.
atf_test_case what_the_end_needs_is_read_with_its_libraries_and_whatever_runs
what_the_end_needs_is_read_with_its_libraries_and_whatever_runs_body() {
	mkdir -p made/usr/bin made/usr/lib/systemd made/usr/sbin made/proc/1 made/proc/20 made/lib
	for file in usr/lib/systemd/systemd usr/lib/systemd/systemd-shutdown usr/sbin/reboot usr/bin/perl usr/sbin/service \
		lib/one.so lib/two.so lib/stop; do
		echo "$file" >"made/$file"
		chmod 755 "made/$file"
	done
	printf '#!/bin/sh\ncase $* in *ExecStop*) echo "ExecStop={ path=%s ; argv[]=x ; }";; esac\n' "$PWD/made/lib/stop" \
		>made/usr/bin/systemctl
	printf '#!/bin/sh\n[ "$2" = %s ] && printf "\\ttwo.so => %s (0x7f)\\n"\n' \
		"$PWD/made/usr/lib/systemd/systemd-shutdown" "$PWD/made/lib/two.so" >made/lib/ld-test.so.2
	chmod 755 made/usr/bin/systemctl made/lib/ld-test.so.2
	printf '7f r-xp 0 00:1 5 %s\n' "$PWD/made/lib/one.so" "$PWD/made/lib/ld-test.so.2" '[vdso]' >made/proc/1/maps
	printf '7f r-xp 0 00:1 6 %s\n' "$PWD/made/usr/sbin/service" >made/proc/20/maps
	mkdir -p bin made/run/blobroot
	printf '%s\n' '#!/bin/sh' 'echo "${1#"$blob_prefix"/}" >>read' >bin/cat
	chmod 755 bin/cat
	printf '%s\n' '#!/bin/sh' 'echo "$* $(sort -u read | grep -c .)"' >bin/blobrootd
	chmod 755 bin/blobrootd
	sed "s|^PATH=.*|PATH=$PWD/bin:/usr/bin:/bin|" "$top/initrd/handover/read-end" >script
	atf_check env "blob_prefix=$PWD/made" sh script
	atf_check -o inline:'hold 9\n' cat made/run/blobroot/held
	atf_check -o inline:'lib/ld-test.so.2 lib/one.so lib/stop lib/two.so usr/bin/systemctl usr/lib/systemd/systemd usr/lib/systemd/systemd-shutdown usr/sbin/reboot usr/sbin/service\n' \
		sh -c 'sort read | xargs'
}

atf_test_case a_root_without_systemd_has_its_end_read_before_the_switch
a_root_without_systemd_has_its_end_read_before_the_switch_body() {
	host
	mkdir -p made/sysroot/bin made/sysroot/lib/x86_64-linux-gnu made/sysroot/etc/init.d
	ln -s bin made/sysroot/sbin
	for file in bin/busybox bin/perl etc/init.d/sendsigs lib/x86_64-linux-gnu/libc.so.6 lib/x86_64-linux-gnu/libz.so.1 \
		lib/ld-linux.so.2; do
		echo x >"made/sysroot/$file"
		chmod 755 "made/sysroot/$file"
	done
	ln -s busybox made/sysroot/bin/poweroff
	fake_run 0 'cat() { called cat "${1#"$NEWROOT"}"; }
		chroot() { [ "$*" != "$NEWROOT /lib/ld-linux.so.2 --list /bin/busybox" ] ||
			printf "\tlinux-vdso.so.1 (0x7f)\n\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x7f)\n"; }
		end_read'
	atf_check -o inline:'cat /bin/busybox\ncat /lib/ld-linux.so.2\ncat /lib/x86_64-linux-gnu/libc.so.6\ncat /etc/init.d/sendsigs\n' \
		cat root/calls
}

atf_test_case a_root_without_systemd_has_it_held_where_nothing_else_keeps_it
a_root_without_systemd_has_it_held_where_nothing_else_keeps_it_body() {
	host
	printf '%s\n' '#!/bin/sh' 'echo "$0 $*" >>held; echo held=1 of=1' >made/run/blobroot/home/@/blobrootd
	chmod 755 made/run/blobroot/home/@/blobrootd
	echo 77 >made/run/blobroot/keeper.pid
	fake_run 0 'blob_cache=ram; handover_make "$NEWROOT" eth0
		blob_cache=page; handover_make "$NEWROOT" eth0; wait "$(cat "$home_dir/hold.pid")"'
	atf_check -o inline:'@/blobrootd hold\n' cat root/run/blobroot/home/held
	atf_check -o inline:'held=1 of=1\n' cat root/run/blobroot/held
	atf_check -o match:'^[0-9]+$' cat root/run/sendsigs.omit.d/blobroot.hold.pid
}

# told TITLE FILE TEXT NUMBER: an init TITLE that begins to end the host puts TEXT into FILE, and the keeper gets the signal
# NUMBER. TITLE and TEXT are printf's.
# shellcheck disable=SC2059,SC2154 # these; what fake.sh sets
told() {
	rm -rf made
	mkdir -p made/proc/1/root/run made/run/blobroot
	printf "$1" >made/proc/1/cmdline
	sh -c 'trap "echo \"$1\" >got; exit" "$1"; echo "$$" >made/run/blobroot/keeper.pid; while :; do sleep 0.1; done' keeper "$4" &
	until [ -s made/run/blobroot/keeper.pid ]; do sleep 0.1; done
	mkfifo made/run/blobroot/tell-end
	blob_prefix=$PWD/made every=1 "$busybox" sh "$top/initrd/handover/tell-end" &
	while [ -e made/run/blobroot/tell-end ]; do sleep 0.1; done
	printf "$3" >"made/proc/1/$2"
	wait
	atf_check -o inline:"$4\n" cat got
}

atf_test_case an_init_that_is_not_systemd_need_not_say_that_the_host_ends
an_init_that_is_not_systemd_need_not_say_that_the_host_ends_body() {
	told 'init [2]\0\0' cmdline 'init [0]\0\0' 50
	told 'init [2]\0\0' cmdline 'init [6]\0\0' 51
	told 'runit\0' root/run/runit.runlevel 0 50
	told 'runit\0' root/run/runit.runlevel 6 51
	host
	echo 77 >made/run/blobroot/keeper.pid
	# It is ready before the switch, and stray signals do not end it: the mask of those ignored has SIGHUP, SIGINT and SIGTERM.
	fake_run 0 'handover_make "$NEWROOT" eth0; [ ! -e "$blob_prefix/run/blobroot/tell-end" ]'
	atf_check -o ignore grep '400[37]$' root/run/blobroot/home/ignored
	atf_check -o match:'^[0-9]+$' cat root/run/sendsigs.omit.d/blobroot.tell-end.pid
	fake_run 0 'root_path=/usr/lib/systemd/systemd; handover_make "$NEWROOT" eth0'
	atf_check test ! -e root/run/blobroot/home/tell-end.pid
}

# The script reads as sysvinit's /etc/init.d/sendsigs does.
atf_test_case sysvinit_is_told_whom_not_to_end
sysvinit_is_told_whom_not_to_end_body() {
	host
	mkdir -p made/proc/77/task/77
	echo '78 79 ' >made/proc/77/task/77/children
	echo 77 >made/run/blobroot/keeper.pid
	echo 80 >made/run/blobroot/home/udhcpc.eth0.pid
	hand_over
	rm root/run/sendsigs.omit.d/blobroot.tell-end.pid
	for file in root/run/sendsigs.omit.d/*; do
		[ ! -f "$file" ] || cat "$file"
	done | xargs -n 1 | sort >omitted
	atf_check -o inline:'77\n78\n79\n80\n' cat omitted
	# Another engine, with another number.
	echo '81 ' >root/proc/77/task/77/children
	atf_check -o inline:'81 \n' cat root/run/sendsigs.omit.d/blobroot.engine
}

atf_init_test_cases() {
	atf_add_test_case systemd_tells_the_keeper_how_the_host_ends
	atf_add_test_case what_the_end_needs_is_read_with_its_libraries_and_whatever_runs
	atf_add_test_case a_root_without_systemd_has_its_end_read_before_the_switch
	atf_add_test_case a_root_without_systemd_has_it_held_where_nothing_else_keeps_it
	atf_add_test_case an_init_that_is_not_systemd_need_not_say_that_the_host_ends
	atf_add_test_case sysvinit_is_told_whom_not_to_end
}
