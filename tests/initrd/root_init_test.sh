#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# initrd/lib/root.sh: the root's init, and what machine it is for.
# shellcheck disable=SC1091,SC2016,SC2034,SC2119 # text for other shells; variables and functions of fake.sh

top=$(atf_get_srcdir)
until [ -e "$top/initrd/mkinitrd" ]; do top=$top/..; done
. "$top/tests/initrd/fake.sh"

# inits WORDS EXPECTED [PROGRAM..]: a root with these programs; EXPECTED is the init, or the failure.
inits() {
	fake_root "$1"
	expected=$2
	shift 2
	for program; do
		mkdir -p "made/sysroot/$(dirname "$program")"
		: >"made/sysroot/$program"
		chmod +x "made/sysroot/$program"
	done
	[ -z "$link" ] || ln -s "${link#*=}" "made/sysroot/${link%%=*}"
	fake_run 0 'fail_boot() { echo "$1"; exit 0; }
		root_find_init; echo "$root_init"'
	atf_check -o inline:"$expected\n" cat out
}

atf_test_case the_init_has_to_be_there
the_init_has_to_be_there_body() {
	link=''
	inits quiet /sbin/init sbin/init bin/sh
	inits quiet /bin/sh bin/sh
	inits init=/opt/x /opt/x opt/x sbin/init
	inits init=/opt/y 'root: init=/opt/y: no such program in the image' opt/x sbin/init
	inits quiet 'root: no init: the image has no /sbin/init, /etc/init, /bin/init or /bin/sh' usr/x
	link=sbin/init=/lib/systemd/systemd
	inits quiet /sbin/init sbin/x lib/systemd/systemd
	inits quiet /bin/sh sbin/x bin/sh
	link=sbin/init=../lib/y
	inits quiet /sbin/init sbin/x lib/y
	link=sbin/init=init
	inits quiet /bin/sh sbin/x bin/sh
	link=sbin=/usr/sbin
	inits quiet /sbin/init usr/sbin/init
	inits quiet /bin/sh usr/sbin/x bin/sh
	link=sbin=usr/sbin
	inits quiet /sbin/init usr/sbin/init
}

# elf MACHINE: the first 20 bytes of a program, little-endian and of 64 bits.
elf() { printf '\177ELF\002\001\001\000\000\000\000\000\000\000\000\000\002\000%b' "$1"; }

atf_test_case an_image_for_another_machine_is_refused
an_image_for_another_machine_is_refused_body() {
	fake_root
	mkdir -p made/bin made/sysroot/sbin
	elf '\076\000' >made/bin/busybox
	for machine in '\076\000' '\003\000' '\267\000' '\363\000' '\002\003' script; do
		elf "$machine" >made/sysroot/sbin/init
		[ "$machine" != script ] || echo '#!/bin/sh' >made/sysroot/sbin/init
		chmod +x made/sysroot/sbin/init
		fake_run 0 'fail_boot() { echo "$1"; exit 0; }
			root_find_init; echo "$root_init"'
		cat out >>verdicts
	done
	is='root: /sbin/init: the image is for another machine:'
	atf_check -o inline:"/sbin/init\n/sbin/init\n$is aarch64, and this one is x86_64\n$is riscv, and this one is x86_64\n$is ELF machine 0203, and this one is x86_64\n/sbin/init\n" \
		cat verdicts
}

# identified STATUS: what root_identify leaves.
identified() {
	fake_run "$1" root_identify
	[ "$1" -eq 0 ] || fake_said '<3>blobroot: boot failed: root: the image has no /etc/os-release, without which systemd does not switch to it, and none can be made'
}

atf_test_case systemd_gets_the_os_release_that_an_image_lacks
systemd_gets_the_os_release_that_an_image_lacks_body() {
	fake_root
	identified 0
	atf_check -o inline:'ID=linux\n' cat root/sysroot/etc/os-release
	# One that is there, in either place, is left alone.
	mkdir -p made/sysroot/usr/lib
	echo ID=debian >made/sysroot/usr/lib/os-release
	identified 0
	atf_check test ! -e root/sysroot/etc
	mkdir made/sysroot/etc
	mv made/sysroot/usr/lib/os-release made/sysroot/etc/
	identified 0
	atf_check -o inline:'ID=debian\n' cat root/sysroot/etc/os-release
	# Not through a link that leads nowhere, or out of the root.
	rm made/sysroot/etc/os-release
	ln -s /nowhere made/sysroot/etc/os-release
	identified 1
	rm -r made/sysroot/etc
	: >made/sysroot/etc
	identified 1
}

# Or it ends with "not found" where it should say why.
atf_test_case the_init_of_the_bench_has_the_same_parts
the_init_of_the_bench_has_the_same_parts_body() {
	for init in initrd/init tests/bench/nbd/init; do
		sed -n '/^for part in/,/do$/p' "$top/$init" >"$(dirname "$init" | tr / .)"
	done
	atf_check test -s initrd
	atf_check cmp initrd tests.bench.nbd
}

atf_init_test_cases() {
	atf_add_test_case the_init_of_the_bench_has_the_same_parts
	atf_add_test_case the_init_has_to_be_there
	atf_add_test_case systemd_gets_the_os_release_that_an_image_lacks
	atf_add_test_case an_image_for_another_machine_is_refused
}
