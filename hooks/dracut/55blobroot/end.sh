# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# For the scripts that run in dracut's own shell: blobroot's words, its lines, and how a boot ends that cannot go on.

# blobroot_words: those words of the kernel command line, /etc/cmdline.d included, that are blobroot's.
blobroot_words() {
	(
		cmdline_file=/run/blobroot/cmdline
		# shellcheck source=initrd/lib/cmdline.sh
		. /lib/blobroot/cmdline.sh
		cmdline_ours
	)
}

# blobroot_say PRIORITY TEXT: as initrd/lib/log.sh does it.
blobroot_say() {
	(
		blob_prefix=''
		# shellcheck source=initrd/lib/log.sh
		. /lib/blobroot/log.sh
		log_line "$1" "$2"
	)
}

# blobroot_end WHY: the last line, unless bring-up has said it and WHY is empty; then what dracut does with a boot that failed: a shell
# if rd.shell asks for one, and what rd.emergency= says. Without either it is a kernel panic, which obeys panic=SECONDS.
# Never returns.
blobroot_end() {
	[ -z "$1" ] || blobroot_say 3 "boot failed: $1"
	if getargbool 0 rd.shell; then
		emergency_shell -n blobroot "blobroot: the boot cannot go on"
	fi
	case $(getarg rd.emergency=) in
	reboot) /lib/blobroot/bin/reboot -f ;;
	poweroff) /lib/blobroot/bin/poweroff -f ;;
	halt) /lib/blobroot/bin/halt -f ;;
	esac
	echo 1 >/proc/sys/kernel/sysrq
	echo c >/proc/sysrq-trigger
	exit 1
}
