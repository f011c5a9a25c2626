# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# For the scripts that run in dracut's own shell: blobroot's parameters, its console lines, what it waits for, and the
# end of a boot that cannot continue.

# blobroot_run COMMAND..: run it in a subshell, with BusyBox's programs and the functions of initrd/lib.
blobroot_run() {
	(
		# shellcheck disable=SC2034 # cmdline.sh's
		blob_prefix='' cmdline_file=/run/blobroot/cmdline PATH=/lib/blobroot/bin
		for blobroot_part in cmdline log fail; do
			# shellcheck source=/dev/null
			. "/lib/blobroot/$blobroot_part.sh"
		done
		"$@"
	)
}

# While no interface has an address, log what the boot waits for. In a separate process, because dracut's queue may be
# blocked itself: by systemd-networkd-wait-online, by dhclient.
blobroot_wait() {
	/lib/blobroot/bin/sh /lib/blobroot/waiting </dev/null >/dev/null 2>&1 &
	echo $! >/run/blobroot/waiting
}
# With dracut's own scripts it is the kernel that listens to IPv6 routers, and it leaves the name servers to others.
blobroot_listen() {
	[ -e /sbin/ifup ] && [ ! -e /run/blobroot/announced ] || return 0
	/lib/blobroot/bin/blobrootd routers </dev/null >/run/blobroot/announced 2>/dev/null &
	echo $! >/run/blobroot/listener
}
blobroot_stop_waiting() {
	[ -s /run/blobroot/waiting ] || return 0
	read -r blobroot_pid </run/blobroot/waiting
	kill "$blobroot_pid" 2>/dev/null
	: >/run/blobroot/waiting
}

# blobroot_end WHY: log the last line, unless WHY is empty because bring-up has logged it. Then do what dracut does
# after a failed boot: start a shell if rd.shell asks for one, and do what rd.emergency= says. Without either it is a
# kernel panic, which obeys panic=SECONDS. Never returns.
blobroot_end() {
	# dracut looks for its hooks by patterns.
	set +f
	blobroot_stop_waiting
	# For rd.emergency=.
	mkdir -p /run/blobroot
	[ -e /run/blobroot/cmdline ] || getcmdline >/run/blobroot/cmdline
	[ -z "$1" ] || blobroot_run log_error "boot failed: $1"
	: >/run/blobroot/failed
	if getargbool 0 rd.shell; then
		emergency_shell -n blobroot "blobroot: the boot cannot go on"
	fi
	blobroot_run fail_as_told
	echo 1 >/proc/sys/kernel/sysrq
	echo c >/proc/sysrq-trigger
	exit 1
}

# blobroot_is_word TEXT: printable ASCII, without blanks? In a subshell, because a locale's ranges are others.
blobroot_is_word() {
	(
		LC_ALL=C
		case $1 in
		*[!!-~]*) exit 1 ;;
		esac
	)
}
