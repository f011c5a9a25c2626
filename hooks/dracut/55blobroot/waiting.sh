# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Sourced by dracut's initqueue whenever it has nothing to do: while no interface is up, a line says so after 2 s, 4 s,
# 8 s ..

if [ -e /run/blobroot/cmdline ] && [ ! -e /run/blobroot/up ]; then
	read -r blobroot_now _ </proc/uptime
	blobroot_now=${blobroot_now%.*}
	: "${blobroot_since=$blobroot_now}" "${blobroot_next=2}"
	if [ $((blobroot_now - blobroot_since)) -ge "$blobroot_next" ]; then
		# shellcheck source=hooks/dracut/55blobroot/end.sh
		. /lib/blobroot/end.sh
		blobroot_say 5 "network: waiting for an interface with an address: $((blobroot_now - blobroot_since)) s so far"
		blobroot_next=$((blobroot_next * 2))
	fi
fi
