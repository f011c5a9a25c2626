# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Checks the call, and what this machine has, before anything is made.
# shellcheck disable=SC2154 # variables of qemu/boot

check_options() {
	check_number --timeout "$limit"
	check_regex --expect "$expect"
	check_regex --fail "$fail"
	case $ssh in
	any | '') ;;
	*)
		check_number --ssh= "$ssh"
		[ "$ssh" -le 65535 ] || usage "--ssh=$ssh: no port"
		"$here/free-port" "$ssh" >/dev/null 2>&1 || die 2 "--ssh=$ssh: somebody has this port"
		;;
	esac
	for check_file in "$console" "$journal" "$tap_report" "$junit"; do
		[ -z "$check_file" ] || check_is_writable "$check_file" ||
			{ tap_report='' junit='' && die 2 "$check_file: cannot be written"; }
	done
	# Nobody shall take the result of an earlier run for this one's.
	for check_file in "$tap_report" "$junit"; do
		[ ! -f "$check_file" ] || rm -f "$check_file"
	done
	case $network:$what in
	*:http://* | *:https://* | :*) ;;
	*) usage "$what: the guest reaches it on QEMU's own network only: --tap and --nic none are for URLs" ;;
	esac
	[ "$(printf %s "$copies" | wc -l)" -le 20 ] || usage '--copy-out: more than 20'
	[ -z "$kernel$initrd" ] || { [ -n "$kernel" ] && [ -n "$initrd" ]; } || usage '--kernel and --initrd: both or none'
	for check_file in "$kernel" "$initrd"; do
		[ -z "$check_file" ] || [ -r "$check_file" ] || die 2 "$check_file: cannot be read"
	done
	printf %s "$copies" | while IFS= read -r check_copy; do
		case ${check_copy%=*} in
		*[!/]*) [ -d "$(dirname -- "${check_copy##*=}")" ] || [ "$check_copy" = "${check_copy%=*}" ] ||
			die 2 "--copy-out $check_copy: $(dirname -- "${check_copy##*=}"): no such directory" ;;
		*) die 2 "--copy-out $check_copy: not the whole root" ;;
		esac
	done || exit
}

check_is_writable() {
	if [ -e "$1" ]; then
		[ ! -d "$1" ] && [ -w "$1" ]
	else
		[ -d "$(dirname -- "$1")" ] && [ -w "$(dirname -- "$1")" ]
	fi
}

check_number() {
	case $2 in '' | *[!0-9]* | 0*) usage "$1 $2: not a number" ;; esac
}

check_regex() {
	check_said=$(grep -E -e "$2" </dev/null 2>&1) || [ $? -eq 1 ] || die 2 "$1 $2: ${check_said#grep: }"
}

check_tools() {
	PATH=$PATH:/usr/sbin:/sbin
	for check_tool in "${QEMU:-qemu-system-x86_64} qemu-system-x86" 'nginx nginx-light' 'mkfs.erofs erofs-utils' \
		'veritysetup cryptsetup-bin' 'cpio cpio' 'setpriv util-linux'; do
		command -v "${check_tool% *}" >/dev/null || die 1 "${check_tool% *} is missing: apt-get install ${check_tool##* }"
	done
	case $what in
	http://* | https://*) command -v curl >/dev/null || die 1 'curl is missing: apt-get install curl' ;;
	esac
	check_version=$("${QEMU:-qemu-system-x86_64}" --version 2>/dev/null | sed -n 's/^QEMU emulator version \([0-9.]*\).*/\1/p')
	case $check_version in
	[0-6].* | 7.[01].* | '') die 1 "QEMU ${check_version:-of an unknown version}: too old: nothing before 7.2 was tried" ;;
	esac
}
