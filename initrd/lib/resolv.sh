# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Of what parameters, leases and routers say about name servers and search domains, one resolv.conf: the initramfs' own, the
# engine's, and the real root's if it has none. lease-update has this file too.
#
# Each source has a file in the home's etc/resolv, with lines as in resolv.conf: parameters, announced.IFACE, lease.IFACE.
# Parameters come first, then sources in the order in which they first said something: a renewal changes no order.

# resolv_put SOURCE: what it says is on the standard input, and replaces what it said before.
resolv_put() {
	[ -d "$home_dir/etc/resolv" ] || mkdir -p "$home_dir/etc/resolv"
	cat >"$home_dir/etc/resolv/.$1" && mv "$home_dir/etc/resolv/.$1" "$home_dir/etc/resolv/$1"
	grep -qsxF "$1" "$home_dir/etc/resolv/.order" || echo "$1" >>"$home_dir/etc/resolv/.order"
	resolv_merge
}

# resolv_drop SOURCE: it has nothing to say any more.
resolv_drop() {
	rm -f "$home_dir/etc/resolv/$1"
	resolv_merge
}

# In one step, because readers do not wait. Two leases may be renewed at once: who has replaced the file looks whether that is
# still what all sources say. Where there is no space the file stays as it was.
resolv_merge() {
	while :; do
		resolv_all=$(resolv_print)
		if ! { [ -z "$resolv_all" ] || echo "$resolv_all"; } >"$home_dir/etc/resolv.conf.$$" ||
			! mv "$home_dir/etc/resolv.conf.$$" "$home_dir/etc/resolv.conf"; then
			rm -f "$home_dir/etc/resolv.conf.$$"
			return 1
		fi
		[ "$(resolv_print)" != "$resolv_all" ] || return 0
	done
}

# Each server and each domain once. In a subshell, in which no value is a pattern of file names.
resolv_print() (
	set -f
	resolv_domains='' resolv_servers=''
	while read -r resolv_source; do
		[ -e "$home_dir/etc/resolv/$resolv_source" ] || continue
		while read -r resolv_key resolv_values; do
			for resolv_value in $resolv_values; do
				case $resolv_key in
				search) resolv_has "$resolv_domains" "$resolv_value" || resolv_domains="$resolv_domains $resolv_value" ;;
				*) resolv_has "$resolv_servers" "$resolv_value" || resolv_servers="$resolv_servers $resolv_value" ;;
				esac
			done
		done <"$home_dir/etc/resolv/$resolv_source"
	done <"$home_dir/etc/resolv/.order"
	[ -z "$resolv_domains" ] || echo "search$resolv_domains"
	for resolv_value in $resolv_servers; do
		echo "nameserver $resolv_value"
	done
)

resolv_has() {
	case "$1 " in
	*" $2 "*) ;;
	*) return 1 ;;
	esac
}
