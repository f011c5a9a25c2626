# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# A root without systemd (for one with it: handover/read-end): what ends the host is read once before the switch. From then on
# it is in the store, or, where the kernel's page cache is the store, held there.

# Read it: programs with what they load, and scripts as Debian's sysvinit, OpenRC and runit have them. What is not there, or
# cannot be read, is passed over.
end_read() {
	end_list_programs | sort -u | while read -r end_program; do
		echo "$end_program"
		end_list_libraries "$end_program"
	done | sort -u | while read -r end_file; do
		cat "$NEWROOT$end_file" >/dev/null 2>&1
	done
	for end_file in "$NEWROOT"/etc/init.d/* "$NEWROOT"/etc/default/* "$NEWROOT"/etc/runit/* "$NEWROOT"/lib/init/* \
		"$NEWROOT"/lib/lsb/init-functions "$NEWROOT"/lib/lsb/init-functions.d/* "$NEWROOT"/lib/runit/* "$NEWROOT"/lib/rc/*/*; do
		[ ! -f "$end_file" ] || cat "$end_file" >/dev/null 2>&1
	done
}

end_list_programs() {
	for end_name in sbin/init sbin/poweroff sbin/reboot sbin/halt sbin/shutdown sbin/telinit sbin/killall5 sbin/openrc sbin/swapoff \
		bin/sh bin/sync bin/umount bin/mount bin/mountpoint bin/sleep bin/cat bin/sed bin/grep bin/ls bin/rm bin/stat bin/tput \
		bin/sv; do
		for end_dir in / /usr/; do
			! root_has_program "$end_dir$end_name" || echo "$root_path"
		done
	done
}

# With --list the loader of any libc prints what a program would load; one for other machines prints nothing.
end_list_libraries() {
	for end_loader in "$NEWROOT"/lib*/ld-*.so.[0-9]; do
		[ -x "$end_loader" ] || continue
		end_loader=${end_loader#"$NEWROOT"}
		echo "$end_loader"
		chroot "$NEWROOT" "$end_loader" --list "$1" 2>/dev/null | sed -n 's|^[^/]*\(/[^ ]*\) (0x.*|\1|p'
	done
}

# end_start NAME OUTPUT COMMAND..: a process that outlives the initramfs, as udhcpc does (home.sh), in the directory home.
end_start() {
	end_name=$1 end_output=$2
	shift 2
	# Some inits send SIGTERM to all when they begin.
	(cd "$home_dir" && trap '' HUP INT TERM && exec "$@") </dev/null >"$end_output" 2>&1 &
	echo $! >"$home_dir/$end_name.pid"
}

end_hold() {
	case ${blob_cache-}:${blob_has_store-} in
	page:* | *:disk) ;;
	*) return 0 ;;
	esac
	end_held=$blob_prefix/run/blobroot/held
	# The background process makes the file, but grep may look before that.
	: >"$end_held"
	end_start hold "$end_held" @/blobrootd hold
	# It has to find the keeper's socket before /run moves to the root.
	wait_until 10 grep -q ^held= "$end_held" ||
		log_error "end: what the host needs for its end is not held in memory: $(tail -n 1 "$end_held")"
}

# A process that tells the keeper when the host ends.
end_watch() {
	[ -e "$blob_prefix/run/blobroot/keeper.pid" ] || return 0
	cp "$blob_prefix/lib/blobroot/handover/tell-end" "$home_dir/bin/"
	end_fifo=$blob_prefix/run/blobroot/tell-end
	# It removes the FIFO when it no longer needs anything below /run.
	{ mkfifo "$end_fifo" && end_start tell-end /dev/null @/sh bin/tell-end && wait_until 10 test ! -e "$end_fifo"; } ||
		log_error 'end: the keeper will not be told when the host ends'
}
