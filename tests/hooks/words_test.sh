#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# initrd/README.md's table of dracut.cmdline(7)'s parameters for the network, each row with each network module of dracut:
# what is `yes` changes what dracut makes of the command line, what is `refused` ends the boot with a line.
# initrd/words_test shows what comes of them in the BusyBox initramfs.
# shellcheck disable=SC1091,SC2016,SC2154 # functions and variables of dracut.sh; text for another shell

top=$(cd "$(atf_get_srcdir)/../../.." && pwd)
. "$top/tests/support/dracut.sh"

# table COLUMN: lines of parameter, verdict.
table() {
	sed -n '/^## Parameters for the network/,/^## TLS/s/^| `\(.*\)` | \(.*\) |$/\1 | \2/p' "$top/initrd/README.md" |
		awk -F ' [|] ' -v column="$1" '{ print $1, $column }'
}

# made: what dracut has made of the command line, as lines.
made() {
	(cd tree && find run/systemd/network run/NetworkManager tmp etc/cmdline.d run/blobroot/network -type f 2>/dev/null | LC_ALL=C sort |
		xargs -r grep -H . 2>/dev/null | grep -v -e uuid= -e '^etc/cmdline.d/.*neednet')
}

# parses WORD..: 0 if dracut's hooks have gone through.
parses() {
	dracut_words root=blob:http://x/y rd.blob.insecure "$@"
	dracut_cmdline
	[ -e tree/run/state ] || return
	[ ! -e tree/usr/lib/systemd/systemd-network-generator ] ||
		dracut_run "/usr/lib/systemd/systemd-network-generator -- $*" || atf_fail "$*: the generator fails: $(cat out)"
}

# Some are read later, or have an effect only with others.
is_read_later() {
	case $1 in
	# ibft: what the firmware has left.
	ip=ibft | rd.bootif=0 | rd.neednet=1 | biosdevname=0 | netroot=dhcp) ;;
	# A rule for udev.
	ifname=*) [ -e "tree/$dracut_hooks/pre-udev/50-ifname-genrules.sh" ] ;;
	BOOTIF=* | bootdev=*) [ "$column" -ne 5 ] || grep -rqs "getarg.*${1%%=*}" "tree/${dracut_hook%/*}" ;;
	*) [ "$column" -eq 5 ] && grep -qs "getarg.*${1%%=*}" tree/lib/net-lib.sh tree/sbin/ifup tree/sbin/dhclient-script ;;
	esac
}

# goes_through COLUMN: the whole table, for the flavour in ./tree.
goes_through() {
	column=$1 rows=0
	# Beside the word: one that needs an interface to have a file for.
	for with in '' ip=eth0:dhcp; do
		parses $with || atf_fail "$with: $(tail -n 1 tree/dev/kmsg)"
		made >"before.$with"
	done
	table "$column" >rows
	while read -r word verdict; do
		rows=$((rows + 1))
		case $word in
		ip=* | BOOTIF=*) with='' ;;
		*) with=ip=eth0:dhcp ;;
		esac
		if [ "$verdict" = refused ]; then
			! parses $with "$word" || atf_fail "$word: not refused"
			grep -aE "^<[0-9]*>(blobroot: boot failed: network: $(echo "$word" | sed 's/[][]/\\&/g'): |dracut: FATAL: )" tree/dev/kmsg >said ||
				atf_fail "$word: refused without a line: $(tail -n 1 tree/dev/kmsg)"
		elif [ "$verdict" = yes ]; then
			parses $with "$word" || atf_fail "$word: refused: $(tail -n 1 tree/dev/kmsg)"
			made >after
			! cmp -s "before.$with" after || is_read_later "$word" || atf_fail "$word: changes nothing"
		else
			atf_fail "$word: neither yes nor refused: $verdict"
		fi
	done <rows
	[ "$rows" -ge 35 ] || atf_fail "a table of $rows rows"
}

atf_test_case with_systemd_networkd
with_systemd_networkd_body() {
	dracut_unpack dracut-6.12
	goes_through 3
}

atf_test_case with_NetworkManager
with_NetworkManager_body() {
	dracut_unpack dracut-nm-6.12
	goes_through 4
}

atf_test_case with_dracuts_own_scripts
with_dracuts_own_scripts_body() {
	dracut_unpack dracut-059-6.12
	goes_through 5
}

atf_test_case in_the_BusyBox_initramfs
in_the_BusyBox_initramfs_body() {
	mkdir -p root/proc
	table 2 >rows
	while read -r word verdict; do
		echo "$word" >root/proc/cmdline
		env PATH= "$top/build/busybox" sh -c '
			blob_prefix=$PWD/root
			for part in cmdline ip words route; do . "$0/initrd/lib/$part.sh"; done
			fail_boot() { echo "$1"; exit 1; }
			log_say() { echo "$1"; exit 1; }
			words_check && words_find_bootif && route_each true
			for word in $(cmdline_all ip); do
				ip_parse "$word" || fail_boot "ip=$word: $ip_error"
			done' "$top" >out 2>&1
		case $?:$verdict in
		0:yes | 1:refused) ;;
		*) atf_fail "$word: $verdict, and it says $(cat out)" ;;
		esac
	done <rows
}

atf_init_test_cases() {
	atf_add_test_case with_systemd_networkd
	atf_add_test_case with_NetworkManager
	atf_add_test_case with_dracuts_own_scripts
	atf_add_test_case in_the_BusyBox_initramfs
}
