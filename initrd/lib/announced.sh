# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# The name servers that IPv6 routers announce. The kernel takes addresses and routes from an announcement, but not these.

# Before the first card is started, and until the last interface is configured: one parameter may start cards of others.
# `blobrootd routers` says each server once, and no more than three of an interface.
announced_listen() {
	[ -z "$announced_listener" ] && [ ! -e "$home_dir/etc/no-peerdns" ] || return 0
	blobrootd routers >"$home_dir/etc/announced" &
	announced_listener=$!
}

announced_end() {
	[ -n "$announced_listener" ] || return 0
	kill "$announced_listener"
	rm "$home_dir/etc/announced"
	announced_listener=''
}

# announced_take IFACE: use those that its routers have announced so far.
announced_take() {
	[ -z "$announced_listener" ] || sed -n "s/^$1 /nameserver /p" "$home_dir/etc/announced" | resolv_put "announced.$1"
}

# announced_take_dracut: use those that dracut's network modules have found so far, on any interface: systemd-networkd,
# blobroot_listen, NetworkManager. A resolv.conf has three. One of a link only (fe80::) comes with the link's number, fe80::1%2:
# to resolve a name the engine would need a system call that it may not make.
announced_take_dracut() { announced_list_dracut | resolv_put announced; }

announced_list_dracut() {
	# systemd-networkd names the file after the link, and the address without it.
	for announced_file in "$blob_prefix"/run/systemd/netif/links/*; do
		announced_pick DNS "$announced_file" "${announced_file##*/}"
	done
	announced_pick '*' "$blob_prefix/run/blobroot/announced"
	announced_pick nameserver "$blob_prefix/etc/resolv.conf"
	announced_pick nameserver "$blob_prefix/run/NetworkManager/resolv.conf"
}

# announced_pick KEY FILE [LINK]: print the first three IPv6 servers of the lines `KEY SERVER ..` or `KEY=SERVER ..`, as a
# resolv.conf has them. With the KEY * all of them: `blobrootd routers` says no more than three of each interface.
announced_pick() {
	announced_count=0
	set -f
	while IFS='= ' read -r announced_key announced_servers; do
		# shellcheck disable=SC2254 # a pattern
		case $announced_key in
		$1) ;;
		*) continue ;;
		esac
		for announced_server in $announced_servers; do
			announced_qualify "$announced_server" "${3-}" || continue
			[ "$announced_count" -lt 3 ] || [ "$1" = '*' ] || break
			announced_count=$((announced_count + 1))
			echo "nameserver $announced_server"
		done
	done 2>/dev/null <"$2"
	set +f
}

# announced_qualify SERVER LINK: put it into announced_server, with the number of its link; false if it is no IPv6 address.
announced_qualify() {
	case ${1%%\%*} in
	*[!0-9a-fA-F:.]* | *.*:*) return 1 ;;
	[0-9a-fA-F]*:?*) ;;
	*) return 1 ;;
	esac
	case $1 in
	*%*[!0-9]*)
		# NetworkManager writes the link's name.
		read -r announced_link 2>/dev/null <"$blob_prefix/sys/class/net/${1##*%}/ifindex" || return
		announced_server=${1%%\%*}%$announced_link
		;;
	fe80:*%?*) ;;
	fe80:*) announced_server=$1${2:+%$2} ;;
	esac
}
