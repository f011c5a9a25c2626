# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# The root file system: the image at /run/blobroot/lower and the writable layer at /run/blobroot/rw, as one
# overlay at $NEWROOT; and the switch to it.

: "${NEWROOT=$blob_prefix/sysroot}"
root_lower=$blob_prefix/run/blobroot/lower
root_rw=$blob_prefix/run/blobroot/rw

# Reads wait in the kernel while the network is away, and it may be told to panic for that.
root_check_kernel() {
	root_panics=0
	read -r root_panics 2>/dev/null <"$blob_prefix/proc/sys/kernel/hung_task_panic"
	[ "$root_panics" = 0 ] ||
		log_error 'kernel: hung_task_panic is set: a network that is away for longer than hung_task_timeout_secs ends in a panic'
}

# root_mount OVERLAY: OVERLAY is `tmpfs[:SIZE]`, `none` or a device.
root_mount() {
	mkdir -p "$root_lower" "$root_rw" "$NEWROOT"
	root_check_kernel
	# Mount options of EROFS: device= for blobs beside the image, domain_id= to share them between mounts; and of any mount.
	root_flags=$(cmdline_get rootflags)
	overlay_pick_words "$root_flags"
	blobrootd mount "$root_lower" ${root_flags:+"$root_flags"} 2>"$blob_prefix/run/blobroot/error" ||
		fail_boot "$(daemon_error 'mount: the image cannot be mounted')"
	if [ "$1" = none ]; then
		root_error=$(mount -o bind "$root_lower" "$NEWROOT" 2>&1) || fail_boot "root: bind mount: $root_error"
		return
	fi
	overlay_open "$1" || fail_boot "overlay: $1: $overlay_error"
	root_error=$(mount -t overlay \
		-o "${overlay_words}lowerdir=$root_lower,upperdir=$overlay_dir/upper,workdir=$overlay_dir/work" overlay "$NEWROOT" 2>&1) ||
		fail_boot "overlay: $1: ${root_error##*: }"
}

# Put the program to run into root_init: init= if given, else the first that exists of those that the kernel
# would try.
root_find_init() {
	root_init=$(cmdline_get init)
	if [ -n "$root_init" ]; then
		root_has_program "$root_init" || fail_boot "root: init=$root_init: no such program in the image"
		root_check_machine
		return
	fi
	for root_init in /sbin/init /etc/init /bin/init /bin/sh; do
		if root_has_program "$root_init"; then
			root_check_machine
			return
		fi
	done
	fail_boot "root: no init: the image has no /sbin/init, /etc/init, /bin/init or /bin/sh"
}

# The program at $root_path must be for this machine's architecture. A file that is not ELF is left to the kernel.
root_check_machine() {
	root_theirs=$(root_machine_of "$NEWROOT$root_path")
	root_ours=$(root_machine_of "$home_programs/busybox")
	case $root_theirs in
	'' | "$root_ours") return ;;
	i386) [ "$root_ours" != x86_64 ] || return ;;
	esac
	fail_boot "root: $root_init: the image is for another machine: $root_theirs, and this one is $root_ours"
}

# root_machine_of FILE: the machine of an ELF file; nothing if it is not ELF. Source: elf(5), e_machine, the 16 bits
# at offset 18, in the file's own byte order.
root_machine_of() {
	root_elf=$(od -An -v -tx1 -N20 "$1" 2>/dev/null | tr -d ' \n')
	case $root_elf in
	7f454c46*0300) echo i386 ;;
	7f454c46*3e00) echo x86_64 ;;
	7f454c46*2800) echo arm ;;
	7f454c46*b700) echo aarch64 ;;
	7f454c46*f300) echo riscv ;;
	7f454c46*1500 | 7f454c46*0015) echo powerpc64 ;;
	7f454c46*0016) echo s390 ;;
	7f454c46*) echo "ELF machine ${root_elf#????????????????????????????????????}" ;;
	esac
}

# A link's absolute target is relative to the new root, not to ours; the last directory (/sbin) may be a link too.
root_has_program() {
	root_path=$1 root_hops=0
	while [ "$root_hops" -lt 20 ]; do
		root_parent=${root_path%/*}
		# The directory first: if it is a link, the last component would be looked for among our files.
		if [ -n "$root_parent" ] && [ -h "$NEWROOT$root_parent" ]; then
			root_target=$(readlink "$NEWROOT$root_parent")/${root_path##*/}
			root_parent=${root_parent%/*}
		elif [ -h "$NEWROOT$root_path" ]; then
			root_target=$(readlink "$NEWROOT$root_path")
		else
			break
		fi
		case $root_target in
		/*) root_path=$root_target ;;
		*) root_path=$root_parent/$root_target ;;
		esac
		root_hops=$((root_hops + 1))
	done
	[ -f "$NEWROOT$root_path" ] && [ -x "$NEWROOT$root_path" ]
}

# The root must have the directories that are moved to it.
root_make_dirs() {
	for root_dir in proc sys dev run; do
		[ -d "$NEWROOT/$root_dir" ] || mkdir "$NEWROOT/$root_dir" 2>/dev/null ||
			fail_boot "root: the image has no directory /$root_dir, which the host needs"
	done
}

# The systemd of an initramfs (dracut's) does not switch to a root without os-release. What is made here has the value that
# stands for any Linux: os-release(5).
root_identify() {
	[ ! -e "$NEWROOT/etc/os-release" ] && [ ! -e "$NEWROOT/usr/lib/os-release" ] || return 0
	# Not through a link, which may lead out of the root.
	[ ! -h "$NEWROOT/etc" ] && [ ! -h "$NEWROOT/etc/os-release" ] && mkdir -p "$NEWROOT/etc" 2>/dev/null &&
		log_put "$NEWROOT/etc/os-release" 'ID=linux' && return
	fail_boot 'root: the image has no /etc/os-release, without which systemd does not switch to it, and none can be made'
}

# root_switch ARG..: say that the root is up, and execute its init. Never returns.
root_switch() {
	root_make_dirs
	root_say_up
	for root_dir in run dev sys proc; do
		root_error=$(mount -o move "$blob_prefix/$root_dir" "$NEWROOT/$root_dir" 2>&1) ||
			fail_boot "root: /$root_dir cannot be moved to it: ${root_error##*: }"
	done
	exec switch_root "$NEWROOT" "$root_init" "$@"
}

root_say_up() {
	root_transport='' root_fetched='' root_requests='' root_profile=''
	blobrootd status >"$blob_prefix/run/blobroot/status"
	while IFS='=' read -r root_key root_value; do
		case $root_key in
		transport) root_transport=$root_value ;;
		fetched) root_fetched=$root_value ;;
		requests) root_requests=$root_value ;;
		waits | ahead | used) root_profile="$root_profile $root_key=$root_value" ;;
		esac
	done <"$blob_prefix/run/blobroot/status" && rm -f "$blob_prefix/run/blobroot/status"
	read -r root_seconds _ <"$blob_prefix/proc/uptime" && echo "$root_seconds root" >"$blob_prefix/run/blobroot/marks"
	root_figures="fetched=$root_fetched requests=$root_requests seconds=${root_seconds%?}"
	case $root_profile in *' ahead=0 '* | '') ;; *) root_figures=$root_figures$root_profile ;; esac
	log_say "root is up: transport=$root_transport $root_figures"
}
