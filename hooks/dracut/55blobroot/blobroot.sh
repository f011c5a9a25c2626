#!/bin/sh
# SPDX-License-Identifier: MIT
#
# /sbin/blobroot INTERFACE blob:URL NEWROOT: dracut's netroot calls it when an interface is up: once, unless the
# server could not be reached and another interface may still come up.

# shellcheck source=/dev/null # dracut's
command -v getarg >/dev/null || . /lib/dracut-lib.sh
# shellcheck source=hooks/dracut/55blobroot/dracut.sh
. /lib/blobroot/dracut.sh

[ ! -e /run/blobroot/up ] || exit 0
# For NetworkManager lo is an interface like others, and is up while the cards still wait for a cable.
[ "$1" != lo ] || exit 1
blobroot_stop_waiting
/lib/blobroot/bin/sh /lib/blobroot/bring-up "$1" "$3"
case $? in
0) exit 0 ;;
3)
	blobroot_wait
	exit 1
	;;
*) blobroot_end '' ;;
esac
