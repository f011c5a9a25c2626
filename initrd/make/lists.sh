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
	module | load)
		for lists_name; do
			modules_add "$lists_name" required
			[ "$lists_verb" = module ] || echo "$lists_name" >>"$stage/etc/blobroot/load"
		done
		;;
	module\?)
		for lists_name; do
			modules_add "$lists_name" optional
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
	*) lists_die "$lists_verb: not applet, module, module?, load or file" ;;
	esac
}
