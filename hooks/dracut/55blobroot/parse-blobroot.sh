#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # dracut's variables
#
# Sourced by dracut's cmdline hook: root=blob:URL, or netroot=blob:URL. The words are blobrootd's to judge, here, before
# the network is waited for.
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
	# Those of /etc/cmdline.d too; the last of equals wins, so netroot= comes behind.
	echo "$(getcmdline) root=$netroot" >/run/blobroot/cmdline
	# shellcheck disable=SC2046 # words
	blobroot_why=$(/lib/blobroot/bin/blobrootd cmdline $(blobroot_run cmdline_ours) 2>&1 >/dev/null) || blobroot_end "$blobroot_why"
	# To dracut's scripts the address is netroot's; root only has to be something that they do not look for.
	root=blob
	# shellcheck disable=SC2034 # dracut's init looks at it
	rootok=1
	echo '[ -e /run/blobroot/up ]' >"$hookdir/initqueue/finished/blobroot.sh"
	# A DHCP server may come up after the host does. Only network-legacy reads it.
	getarg rd.net.dhcp.retry= >/dev/null || echo rd.net.dhcp.retry=1000000 >/etc/cmdline.d/90-blobroot.conf
	blobroot_wait
	;;
esac
