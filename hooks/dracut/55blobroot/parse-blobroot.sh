#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # dracut's variables
#
# Sourced by dracut's cmdline hook: root=blob:URL, or netroot=blob:URL. blobrootd checks the parameters here, before
# the boot waits for the network.
#
# Their grammar: blobroot.cmdline(7).

[ -n "$root" ] || root=$(getarg root=)
case $root in
blob:*) netroot=$root ;;
esac
case ${netroot-} in
blob:*)
	# shellcheck source=hooks/dracut/55blobroot/dracut.sh
	. /lib/blobroot/dracut.sh
	mkdir -p /run/blobroot
	# Includes those of /etc/cmdline.d; the last of equals wins, so netroot= comes last.
	echo "$(getcmdline) root=$netroot" >/run/blobroot/cmdline
	# shellcheck disable=SC2046 # words
	blobroot_why=$(/lib/blobroot/bin/blobrootd cmdline $(blobroot_run cmdline_ours) 2>&1 >/dev/null) || blobroot_end "$blobroot_why"
	# dracut's scripts take the address from netroot; root only has to be something that they do not look for.
	root=blob
	# shellcheck disable=SC2034 # dracut's init looks at it
	rootok=1
	echo '[ -e /run/blobroot/up ]' >"$hookdir/initqueue/finished/blobroot.sh"
	# A DHCP server may come up after the host. Only network-legacy reads this.
	getarg rd.net.dhcp.retry= >/dev/null || echo rd.net.dhcp.retry=1000000 >/etc/cmdline.d/90-blobroot.conf
	blobroot_wait
	;;
esac
