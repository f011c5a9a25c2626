# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Which parameters of dracut.cmdline(7) this initramfs has. README.md has the table of those for the network, and
# tests/hooks/words_test goes through it.

# words_check: end the boot at a network parameter that we do not have, because its owner relies on it. Of others that
# begin with rd., which are for programs that are not here, say so; not of one that switches something off.
words_check() {
	set -f
	for words_word in $(cmdline_words); do
		case $words_word in
		ip=* | nameserver=* | rd.route=* | bootdev=* | BOOTIF=* | rd.bootif* | rd.peerdns* | rd.neednet*) ;;
		rd.net.timeout.carrier=* | rd.net.timeout.dhcp=* | rd.net.timeout.iflink=* | rd.net.timeout.ipv6*=* | rd.net.dhcp.retry=*) ;;
		rd.blob.* | rd.shell* | rd.debug* | rd.emergency=*) ;;
		biosdevname=0 | biosdevname=no | biosdevname=off) ;;
		bond | bond=* | bridge | bridge=* | team | team=* | vlan=* | ifname=* | netroot=* | biosdevname* | rd.net.*)
			fail_boot "network: $words_word: not in this initramfs; dracut's has it"
			;;
		rd.break | rd.break=pre-pivot) ;;
		rd.break=*) fail_boot "cmdline: $words_word: this initramfs stops at pre-pivot only" ;;
		rd.*=0 | rd.*=no | rd.*=off) ;;
		rd.*) log_say "cmdline: $words_word: not in this initramfs: ignored" ;;
		esac
	done
	for words_word in $(cmdline_all nameserver); do
		words_server=${words_word#\[}
		ip_is_address "${words_server%\]}" || fail_boot "network: nameserver=$words_word: not an IP address"
	done
	set +f
}

# words_find_bootif: put the hardware address of BOOTIF=, hyphens between bytes, into words_bootif. pxelinux puts the
# type of the hardware before it: 01 for Ethernet.
words_find_bootif() {
	words_bootif=''
	! cmdline_is_off rd.bootif || return 0
	words_given=$(cmdline_get BOOTIF) || return 0
	words_bootif=$(echo "$words_given" | tr A-F: a-f-)
	case $words_bootif in
	??-??-??-??-??-??-??) words_bootif=${words_bootif#??-} ;;
	esac
	echo "$words_bootif" | grep -Eq '^[0-9a-f]{2}(-[0-9a-f]{2}){5}$' ||
		fail_boot "network: BOOTIF=$words_given: not a hardware address"
}

# net_limit NAME DEFAULT: put the seconds of rd.net.timeout.NAME= into net_seconds; 0 means for ever. Where the boot can go on
# without a network, net_patience is the most.
net_limit() {
	net_seconds=$(cmdline_get "rd.net.timeout.$1") || net_seconds=$2
	case $net_seconds in
	*[!0-9]* | 0?* | ?????????*) fail_boot "network: rd.net.timeout.$1=$net_seconds: not a number of seconds" ;;
	esac
	[ -z "${net_patience-}" ] || { [ "$net_seconds" -gt 0 ] && [ "$net_seconds" -lt "$net_patience" ]; } ||
		net_seconds=$net_patience
}

# net_fail TEXT: there is no network, in the words of fail_boot. False where the boot goes on without one.
net_fail() {
	[ -n "${net_patience-}" ] || fail_boot "$1"
	log_error "$1: going on from the store"
}
