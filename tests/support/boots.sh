# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# For atf-sh tests of qemu/boot: a root tree of a few files, and calls that have a cache and a directory for temporary files
# of their own.
#
# Flow: a test body sources it, calls boots_tree, then boots; output and messages are in ./out and ./err.

boots_top=$(cd "$(atf_get_srcdir)/../../.." && pwd)
# shellcheck source=tests/support/turn.sh
. "$boots_top/tests/support/turn.sh"
export XDG_CACHE_HOME="$PWD/cache" TMPDIR="$PWD/tmp"
mkdir -p tmp

# boots_tree DIR [INIT]: a root whose init is the shell script INIT. Made some time ago: a new one would not be kept.
boots_tree() {
	mkdir -p "$1/bin" "$1/sbin" "$1/etc" "$1/proc" "$1/sys" "$1/dev" "$1/run"
	cp "$boots_top/build/busybox" "$1/bin/"
	for boots_applet in sh cat test poweroff sleep mkdir ln; do ln -s busybox "$1/bin/$boots_applet"; done
	printf '#!/bin/sh\n%s\n' "${2:-echo 'the init is up'; while :; do sleep 1000; done}" >"$1/sbin/init"
	chmod 755 "$1/sbin/init"
	echo "$1" >"$1/etc/hostname"
	sleep 2.1
}

# boots_qemu VERSION: a QEMU that ends at once, and adds a line to ./started.
boots_qemu() {
	turn_needless=1
	# shellcheck disable=SC2016 # another shell's
	printf '#!/bin/sh\ncase $1 in --version) echo "QEMU emulator version %s";; *) echo x >>%s/started;; esac\n' "$1" "$PWD" >qemu
	chmod 755 qemu
	export QEMU="$PWD/qemu"
	: >started
}

# boots STATUS WHAT [OPTION..]: qemu/boot must end with STATUS.
boots() {
	boots_status=$1 boots_got=0
	shift
	# It keeps its turn, so a case waits for others only once.
	turn_take
	"$boots_top/qemu/boot" --timeout 300 "$@" >out 2>err </dev/null 6>&- || boots_got=$?
	[ "$boots_got" -eq "$boots_status" ] || {
		cat out err
		atf_fail "qemu/boot ended with $boots_got, not $boots_status: $(tail -n 1 err)"
	}
}

# boots_measured WORD..: as boots, and sets $boots_limit: by then a boot like that is over, in seconds.
boots_measured() {
	turn_take
	boots_from=$(date +%s)
	boots "$@"
	# shellcheck disable=SC2034 # the caller's
	boots_limit=$((20 + 2 * ($(date +%s) - boots_from)))
}

# boots_say LINE: one line, and nothing else, is said.
boots_say() { atf_check -o inline:"qemu/boot: $1\n" cat err; }

# Whatever belongs to a run has its directory in its name, or its environment.
boots_left_nothing() {
	boots_patience=600
	until boots_left=$(boots_list_left) && [ -z "$boots_left" ]; do
		[ "$boots_patience" -gt 0 ] || atf_fail "still there: $(echo "$boots_left" | head -n 5 | paste -s -d ' ')"
		boots_patience=$((boots_patience - 1))
		sleep 0.1
	done
}

boots_list_left() {
	find tmp -mindepth 1
	find cache -mindepth 1 -name 'run.*' 2>/dev/null
	# Of the tests' own processes the shell has this environment, too.
	for boots_process in /proc/[0-9]*; do
		case $(readlink "$boots_process/exe") in
		*/qemu-system-* | */nginx | */tail | */cat | */mkfs.erofs | */sleep | */tee | */dash) ;;
		*) continue ;;
		esac
		! tr '\0' '\n' <"$boots_process/environ" | grep -qxF "XDG_CACHE_HOME=$XDG_CACHE_HOME" || echo "$boots_process"
	done 2>/dev/null
}
