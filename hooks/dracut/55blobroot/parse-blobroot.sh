#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # dracut's variables
#
# Sourced by dracut's cmdline hook: root=blob:URL, or netroot=blob:URL. blobrootd checks the parameters here, before
# the boot waits for the network.
#
# With root=dhcp or netroot=dhcp netroot sources it again, and netroot is then the lease's root-path. The network is
# hostile: of all that a lease says only a URL is used, and parameters are the operator's alone.
#
# Their grammar: blobroot.cmdline(7).

# shellcheck source=hooks/dracut/55blobroot/dracut.sh
. /lib/blobroot/dracut.sh
# shellcheck source=hooks/dracut/55blobroot/network-words.sh
. /lib/blobroot/network-words.sh

[ -n "$root" ] || root=$(getarg root=)
case $root in
blob:*) netroot=$root ;;
esac
case ${netroot-} in
blob:*)
	mkdir -p /run/blobroot
	# One word, or it would be several in the file, of which the last counts.
	blobroot_is_word "$netroot" || blobroot_end 'netroot: a URL has no blanks or control characters, and only ASCII: not booted'
	# Includes those of /etc/cmdline.d; the last of equals wins, so netroot= comes last.
	echo "$(getcmdline) root=$netroot" >/run/blobroot/cmdline
	# shellcheck disable=SC2046 # words
	blobroot_why=$(set -f && /lib/blobroot/bin/blobrootd cmdline $(blobroot_run cmdline_ours) 2>&1 >/dev/null) || blobroot_end "$blobroot_why"
	# dracut calculates with it, and so do we: to a shell 090 is octal.
	blobroot_retry=$(getarg rd.retry=)
	case $blobroot_retry in
	*[!0-9]* | 0?* | ?????????*) blobroot_end "cmdline: rd.retry=$blobroot_retry: not a number of seconds" ;;
	esac
	# With root=dhcp that has been done.
	[ -n "${new_root_path-}" ] || blobroot_check_words
	# dracut's scripts take the address from netroot; root only has to be something that they do not look for.
	root=blob
	# shellcheck disable=SC2034 # dracut's init looks at it
	rootok=1
	echo '[ -e /run/blobroot/up ]' >"$hookdir/initqueue/finished/blobroot.sh"
	# A DHCP server may come up after the host. Only network-legacy reads this.
	getarg rd.net.dhcp.retry= >/dev/null || echo rd.net.dhcp.retry=1000000 >/etc/cmdline.d/90-blobroot.conf
	blobroot_wait
	blobroot_listen
	;;
*)
	case " $(getcmdline)" in
	*' rd.blob.'*)
		[ -z "${new_root_path-}" ] || blobroot_end "netroot: the lease's root-path is not blob:URL: not booted"
		blobroot_check_words
		;;
	esac
	;;
esac
