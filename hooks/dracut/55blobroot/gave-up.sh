# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Sourced by dracut's hooks emergency and shutdown-emergency: dracut itself, or its systemd, cannot go on, say with the switch to
# the root. Its shell would ask for the password of a locked account, and panic= would not be obeyed: this ends as every other
# failed boot.

# With rd.break= dracut sources the same hooks, and nothing has failed.
if [ -e /run/blobroot/cmdline ] && [ ! -e /run/blobroot/failed ] && ! getarg rd.break >/dev/null; then
	# shellcheck source=hooks/dracut/55blobroot/dracut.sh
	. /lib/blobroot/dracut.sh
	if getargbool 0 rd.shell; then
		: >/run/blobroot/failed
		blobroot_run log_error 'boot failed: dracut: it cannot go on: the lines before this one say why'
	else
		blobroot_end 'dracut: it cannot go on: the lines before this one say why'
	fi
fi
