# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# What the builder of an initramfs wants done last: scripts in /etc/blobroot/hooks, sourced just before the switch to the real
# root, in the order of their names. They have all functions of lib/; $NEWROOT is the real root, and root_init its init.

hooks_run() {
	for hooks_file in "$blob_prefix"/etc/blobroot/hooks/*.sh; do
		# shellcheck source=/dev/null
		[ ! -f "$hooks_file" ] || . "$hooks_file"
	done
}
