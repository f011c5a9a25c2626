# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Sourced by dracut's initqueue when two thirds of rd.retry= (180 s) are over: no interface has led to the image.

if [ -e /run/blobroot/cmdline ] && [ ! -e /run/blobroot/up ]; then
	# shellcheck source=hooks/dracut/55blobroot/dracut.sh
	. /lib/blobroot/dracut.sh
	blobroot_end "network: no interface is up: $(/lib/blobroot/bin/sh /lib/blobroot/waiting why)"
fi
