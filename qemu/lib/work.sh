# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# What one run needs beside its image: a directory of its own, a kernel with its initramfs, a web server; and that nothing
# of it is left.
# shellcheck disable=SC2034,SC2154 # variables of qemu/boot

# work_begin: sets $cache and $work. This shell and its children have descriptor 9, for which the janitor looks.
work_begin() {
	work_janitor='' server='' vm='' listener='' watcher='' followers=''
	cache=''
	[ -z "${XDG_CACHE_HOME-}${HOME-}" ] || cache=${XDG_CACHE_HOME:-$HOME/.cache}/blobroot
	[ -z "$cache" ] || { mkdir -p "$cache" 2>/dev/null && [ -w "$cache" ]; } || cache=''
	work=${cache:-${TMPDIR:-/tmp}}/run.$$.$(od -An -v -tx1 -N6 /dev/urandom | tr -d ' ')
	trap work_end EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 131' QUIT
	trap 'exit 143' TERM
	# It prints its process ID once the directory is there, and goes on in the background; or else why not.
	work_janitor=$(setsid "$here/janitor" $$ "$work" </dev/null 2>/dev/null &)
	case $work_janitor in '' | *[!0-9]*) die 1 "$work: cannot be made: ${work_janitor##*: }" ;; esac
	[ -z "$keep" ] || { : >"$work/keep" && note "kept: $work"; }
	# A child that is killed leaves no file elsewhere.
	export TMPDIR="$work"
	# 9 is for both directions, which waits for nobody. 7 is our standard input, which background processes do not get.
	exec 9<>"$work/life" 7<&0
	# Without a place that lasts, nothing is kept.
	[ -n "$cache" ] || { cache=$work/cache && mkdir "$cache"; }
}

work_end() {
	trap '' INT QUIT TERM HUP
	# shellcheck disable=SC2086 # process IDs
	child_end $vm $server $listener $watcher $followers
	vm='' server='' listener='' watcher='' followers=''
	exec 9<&-
	[ -n "$work_janitor" ] || return 0
	"$here/janitor" '' "$work"
	kill -KILL "$work_janitor" 2>/dev/null || :
	work_janitor=''
}

# work_run COMMAND..: run a command that may take long. It runs in the background, because a shell obeys no signal while it waits
# for a process in the foreground; and as a process group, so that the janitor can end all of it.
work_run() {
	# shellcheck disable=SC2016 # for that shell
	setsid sh -c 'echo $$ >"$0" && exec "$@"' "$work/group" "$@" <&7 &
	work_status=0
	wait $! || work_status=$?
	rm -f "$work/group"
	return "$work_status"
}

# boot_find_pair: the kernel and the initramfs, the caller's or ours.
boot_find_pair() {
	# What an installed qemu/accel has found out is kept with the rest.
	[ -e "$top/Makefile" ] || export BLOBROOT_ACCEL="$cache/accel"
	[ -z "$kernel" ] || return 0
	boot_pair=$top/boot
	if [ -e "$top/Makefile" ]; then
		boot_flavour=busybox-stock-6.12
		[ "$transport" != cachefiles ] || boot_flavour=busybox-6.12
		boot_pair=$top/build/boot/$boot_flavour
		# As for make demo: what is made here meets loopback only. In the foreground, because sudo may ask for a password.
		[ -e "$boot_pair/initrd.img" ] || make -C "$top" --no-print-directory OLDER_LIBS=yes "build/boot/$boot_flavour" >&2 ||
			die 1 "$boot_pair: cannot be made"
	fi
	kernel=$boot_pair/vmlinuz initrd=$boot_pair/initrd.img
	{ [ -r "$kernel" ] && [ -r "$initrd" ]; } || die 1 "$boot_pair: no vmlinuz and initrd.img there: give --kernel and --initrd"
	# An emulated processor takes a second to unpack what this machine unpacks in a tenth of that. The caller's
	# is left as it is, because whether the kernel can unpack it is part of the test.
	if work_run xz -d -c "$initrd" >"$work/initrd.unpacked" 2>/dev/null; then
		initrd=$work/initrd.unpacked
	else
		rm -f "$work/initrd.unpacked"
	fi
}

# Each dies with this process, even if that is killed by SIGKILL.
boot_child() { exec setpriv --pdeathsig TERM "$@"; }

boot_serve() {
	[ -d "$work/www" ] || return 0
	mkfifo "$work/port"
	server=begun
	boot_child "$here/serve" --log "$work/requests" "$work/www" >"$work/port" 2>"$work/server" &
	server=$!
	read -r boot_port <"$work/port" || die 1 "no web server: $(tail -n 1 "$work/server")"
	image_words="root=blob:http://10.0.2.2:$boot_port/root.erofs $image_words"
}
