# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Sourced by dracut's pre-pivot hook: the last look at the network, and the last line before the switch.

if [ -e /run/blobroot/up ]; then
	# At each announcement of a router, and at each renewal, it sets an end to addresses again: it must not come after us. It
	# does not come along to the root, and leaves everything as it is.
	[ ! -e /run/systemd/netif/links ] || systemctl stop systemd-networkd.socket systemd-networkd.service
	/lib/blobroot/bin/sh -c '
		PATH=/lib/blobroot/bin
		blob_prefix=""
		. /lib/blobroot/cmdline.sh
		. /lib/blobroot/log.sh
		. /lib/blobroot/carry.sh
		. /lib/blobroot/root.sh
		for iface in $(cat /run/blobroot/carriers); do carry_keep "$iface"; done
		root_say_up'
fi
