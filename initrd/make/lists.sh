# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Read a list of what goes into the initramfs; lists/base describes the format at its top.

lists_read() {
	lists_file=$1 lists_line=0
	[ -r "$lists_file" ] || die "$lists_file: no such list"
	while read -r lists_verb lists_rest || [ -n "$lists_verb" ]; do
		lists_line=$((lists_line + 1))
		case $lists_verb in
		'' | '#'*) continue ;;
		esac
		# shellcheck disable=SC2086
		lists_do $lists_rest
	done <"$1"
}

lists_die() { die "$lists_file:$lists_line: $*"; }

# lists_load NAME: load it at boot, once, if it is here; one that is built into the kernel needs no loading.
lists_load() {
	lists_loaded=$stage/etc/blobroot/load
	[ -e "$stage/lib/modules/$kernel/$(echo "$1" | tr - _).ko" ] || return 0
	grep -qsxF "$1" "$lists_loaded" || echo "$1" >>"$lists_loaded"
}

# lists_do ARG..: do what one line, `lists_verb ARG..`, asks for.
lists_do() {
	[ $# -gt 0 ] || lists_die "$lists_verb: names are missing"
	case $lists_verb in
	applet)
		for lists_name; do
			"$busybox" --list | grep -qxF -e "$lists_name" || lists_die "$busybox has no applet $lists_name"
			ln -sf busybox "$stage/bin/$lists_name"
		done
		;;
	module | load | module\? | load\?)
		for lists_name; do
			case $lists_verb in
			*\?) modules_add "$lists_name" optional ;;
			*) modules_add "$lists_name" required ;;
			esac
			case $lists_verb in
			load*) lists_load "$lists_name" ;;
			esac
		done
		;;
	file)
		[ $# -eq 2 ] || lists_die 'file: two paths, SOURCE and DEST'
		lists_source=$1
		[ "${1#/}" != "$1" ] || lists_source=$(dirname "$lists_file")/$1
		[ -f "$lists_source" ] || lists_die "$lists_source: no such file"
		mkdir -p "$stage/$(dirname "$2")"
		cp "$lists_source" "$stage/$2"
		;;
	*) lists_die "$lists_verb: not applet, module, module?, load, load? or file" ;;
	esac
}
