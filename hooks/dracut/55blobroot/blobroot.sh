#!/bin/sh
# SPDX-License-Identifier: MIT
#
# /sbin/blobroot INTERFACE blob:URL NEWROOT: dracut's netroot calls it when an interface is up. Once, unless the
# server could not be reached and there is another interface to come.

# shellcheck source=/dev/null # dracut's
command -v getarg >/dev/null || . /lib/dracut-lib.sh
# shellcheck source=hooks/dracut/55blobroot/end.sh
. /lib/blobroot/end.sh

[ ! -e /run/blobroot/up ] || exit 0
/lib/blobroot/bin/sh /lib/blobroot/bring-up "$1" "$3"
case $? in
0) exit 0 ;;
3) exit 1 ;;
*) blobroot_end '' ;;
esac
