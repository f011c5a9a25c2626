# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Sourced by dracut's initqueue when two thirds of rd.retry= (180 s) are over: no interface has brought the image.

if [ -e /run/blobroot/cmdline ] && [ ! -e /run/blobroot/up ]; then
	# shellcheck source=hooks/dracut/55blobroot/end.sh
	. /lib/blobroot/end.sh
	blobroot_cards=''
	for blobroot_dir in /sys/class/net/*; do
		[ -e "$blobroot_dir/device" ] || continue
		blobroot_card=${blobroot_dir##*/} blobroot_carrier=0
		{ read -r blobroot_carrier <"$blobroot_dir/carrier"; } 2>/dev/null
		if [ "${blobroot_carrier:-0}" != 1 ]; then
			blobroot_card="$blobroot_card (no link)"
		elif ! ip -o addr show dev "${blobroot_dir##*/}" scope global | grep -q inet; then
			blobroot_card="$blobroot_card (no address: no answer to DHCP, or ip= names another one)"
		fi
		blobroot_cards="$blobroot_cards${blobroot_cards:+, }$blobroot_card"
	done
	blobroot_end "network: no interface is up: ${blobroot_cards:-no network card that this initramfs has a driver for}"
fi
