# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Sourced by dracut's pre-pivot hook: the last line before the switch.

if [ -e /run/blobroot/up ]; then
	/lib/blobroot/bin/sh -c '
		PATH=/lib/blobroot/bin
		. /lib/blobroot/cmdline.sh
		. /lib/blobroot/log.sh
		. /lib/blobroot/root.sh
		root_say_up'
fi
