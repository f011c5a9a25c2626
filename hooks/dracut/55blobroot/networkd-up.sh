# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Sourced by dracut's initqueue whenever it is idle, if networkd-start.sh is used: which card has an address now?

if [ -e /run/blobroot/cmdline ] && [ ! -e /run/blobroot/up ]; then
	for blobroot_card in /sys/class/net/*; do
		blobroot_card=${blobroot_card##*/}
		if [ "$blobroot_card" = lo ] || [ -e "/tmp/blobroot.$blobroot_card.up" ]; then continue; fi
		/usr/lib/systemd/systemd-networkd-wait-online --timeout=1 --interface="$blobroot_card" 2>/dev/null || continue
		: >"/tmp/blobroot.$blobroot_card.up"
		source_hook initqueue/online "$blobroot_card"
		/sbin/netroot "$blobroot_card"
	done
fi
