# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# A root without systemd (for one with it: handover/read-end): the programs that end the host are read once before the switch.
# From then on they are in the store.

# Read them, with their libc. What is not there, or cannot be read, is passed over.
end_read() {
	for end_program in /sbin/init /sbin/poweroff /sbin/reboot /sbin/halt /sbin/shutdown /sbin/telinit /sbin/killall5 \
		/bin/sh /bin/sync /bin/umount; do
		! root_has_program "$end_program" || cat "$NEWROOT$root_path" >/dev/null 2>&1
	done
	for end_file in "$NEWROOT"/lib*/ld-* "$NEWROOT"/lib*/*/ld-* "$NEWROOT"/lib*/libc.* "$NEWROOT"/lib*/*/libc.* \
		"$NEWROOT"/etc/init.d/*; do
		[ ! -f "$end_file" ] || cat "$end_file" >/dev/null 2>&1
	done
}
