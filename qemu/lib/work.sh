# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# What one run needs beside its image: a directory of its own, a kernel with its initramfs, a web server; and that nothing
# of it is left.
# shellcheck disable=SC2034,SC2154 # variables of qemu/boot

# work_begin: sets $cache and $work. This shell and its children have descriptor 9, for which the janitor looks.
work_begin() {
	work_janitor='' maker='' server='' vm='' listener='' watcher='' followers=''
	cache=''
	[ -z "${XDG_CACHE_HOME-}${HOME-}" ] || cache=${XDG_CACHE_HOME:-$HOME/.cache}/blobroot
	[ -z "$cache" ] || { mkdir -p "$cache" 2>/dev/null && [ -w "$cache" ]; } || cache=''
	work=${cache:-${TMPDIR:-/tmp}}/run.$$.$(od -An -v -tx1 -N6 /dev/urandom | tr -d ' ')
	trap work_end EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	setsid "$here/janitor" $$ "$work" </dev/null >/dev/null 2>&1 &
	work_janitor=$!
	mkdir -m 700 "$work"
	[ -z "$keep" ] || { : >"$work/keep" && note "kept: $work"; }
	mkfifo "$work/life"
	# For both directions, which waits for nobody.
	exec 9<>"$work/life"
	# Without a place that lasts, nothing is kept.
	[ -n "$cache" ] || { cache=$work/cache && mkdir "$cache"; }
}

work_end() {
	trap '' INT TERM HUP
	# shellcheck disable=SC2086 # process IDs
	work_kill ${maker:+-$maker} $vm $server $listener $watcher $followers
	maker='' vm='' server='' listener='' watcher='' followers=''
	exec 9<&-
	[ -n "$work_janitor" ] || return 0
	"$here/janitor" '' "$work"
	{ kill -KILL "$work_janitor" && wait "$work_janitor"; } 2>/dev/null || :
	work_janitor=''
}

# work_kill PID..: -PID is a process group.
work_kill() {
	for work_pid; do
		kill -- "$work_pid" 2>/dev/null || :
	done
	for work_pid; do
		wait "${work_pid#-}" 2>/dev/null || :
	done
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
		# As for make demo: what is made here meets loopback only.
		[ -e "$boot_pair/initrd.img" ] || make -C "$top" --no-print-directory OLDER_LIBS=yes "build/boot/$boot_flavour" >&2 ||
			die 1 "$boot_pair: cannot be made"
	fi
	kernel=$boot_pair/vmlinuz initrd=$boot_pair/initrd.img
	{ [ -r "$kernel" ] && [ -r "$initrd" ]; } || die 1 "$boot_pair: no vmlinuz and initrd.img there: give --kernel and --initrd"
}

# Each dies with this process, even if that is killed by SIGKILL.
boot_child() { exec setpriv --pdeathsig TERM "$@"; }

boot_serve() {
	[ -d "$work/www" ] || return 0
	mkfifo "$work/port"
	boot_child "$here/serve" --log "$work/requests" "$work/www" >"$work/port" 2>"$work/server" &
	server=$!
	read -r boot_port <"$work/port" || die 1 "no web server: $(tail -n 1 "$work/server")"
	image_words="root=blob:http://10.0.2.2:$boot_port/root.erofs $image_words"
}
