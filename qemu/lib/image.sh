# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# What is booted: a root tree, a tar, an EROFS image or a URL becomes kernel parameters and, unless it is a URL, files to be
# served. keep.sh keeps those files.
# shellcheck disable=SC2154 # $cache, $work, $top, die and note are qemu/boot's

# image_open WHAT: puts the files to be served into $work/www, if there are any, and the parameters into image_words.
image_open() {
	image_what=$1
	case $image_what in
	http://* | https://*) image_take_url && return ;;
	esac
	[ -d "$image_what" ] || [ -f "$image_what" ] || die 2 "$image_what: no such file or directory"
	[ -r "$image_what" ] || die 2 "$image_what: cannot be read"
	image_way=''
	mkdir "$work/www"
	image=$work/www/root.erofs
	if [ -d "$image_what" ]; then
		image_check_tree
		image_pick_way
		keep_image tree image_make_from_tree
	else
		case $(image_kind) in
		erofs) image_take_erofs ;;
		tar) image_pick_way_of_tar && keep_image file image_make_from_tar ;;
		*) die 2 "$image_what: no root tree, no tar and no EROFS image" ;;
		esac
	fi
	image_words=rd.blob.roothash=$(image_take_hash "$(cat "$image.roothash")" "$image_what.roothash") || exit
}

# The guest reaches this machine's loopback under another address.
image_take_url() {
	image_words=root=blob:$(echo "$image_what" | sed 's,^\([a-z]*://\)\(localhost\|127\.0\.0\.1\)\([:/]\),\110.0.2.2\3,')
	case "$words " in *' rd.blob.roothash='* | *' rd.blob.insecure '*) return ;; esac
	work_run curl -sSfL --max-time 60 --max-filesize 4096 "$image_what.roothash" >"$work/roothash" 2>"$work/made" ||
		die 2 "$image_what.roothash: $(sed 's/^curl: //' "$work/made")"
	image_hash=$(image_take_hash "$(cat "$work/roothash")" "$image_what.roothash") || exit
	image_words="$image_words rd.blob.roothash=$image_hash"
}

# image_take_hash TEXT WHERE: prints it if it is one.
image_take_hash() {
	case $1 in *[!0-9a-f]*) set -- '' "$2" ;; esac
	[ ${#1} -eq 64 ] || die 2 "$2: no root hash: 64 lower-case hex digits"
	echo "$1"
}

# image_kind: erofs, tar, or nothing. Source: fs/erofs/erofs_fs.h; tar(5), magic; the magic numbers of gzip, bzip2, xz, zstd.
image_kind() {
	if [ "$(image_bytes 1024 4)" = e2e1f5e0 ]; then echo erofs && return; fi
	case $(image_bytes 257 5):$(image_bytes 0 6) in
	7573746172:* | *:1f8b* | *:425a68* | *:fd377a585a00 | *:28b52ffd*) echo tar ;;
	esac
}

image_bytes() { od -An -v -tx1 -j "$1" -N "$2" "$image_what" 2>/dev/null | tr -d ' \n'; }

image_check_tree() {
	for image_name in sbin/init etc/init bin/init bin/sh; do
		[ ! -e "$image_what/$image_name" ] && [ ! -h "$image_what/$image_name" ] || return 0
	done
	case $words in *' init='*) return ;; esac
	! image_is_container || die 2 "$(image_say_container)"
	die 2 "$image_what: no init: neither /sbin/init, /etc/init, /bin/init nor /bin/sh, and no init= is given"
}

# What `docker save` writes, and an OCI layout: the root is in layers.
image_is_container() {
	if [ -d "$image_what" ]; then
		[ -e "$image_what/oci-layout" ] || [ -e "$image_what/manifest.json" ]
	else
		tar -t -f "$image_what" 2>/dev/null | grep -q -x -e '\(\./\)*oci-layout' -e '\(\./\)*manifest\.json'
	fi
}

image_say_container() { echo "$image_what: a container image, not a root: examples/container unpacks it"; }

# image_run COMMAND..: what it says is one line, if it fails. There is room for that before it begins, because it may say that
# the disk is full.
image_run() {
	head -c 4096 /dev/zero >"$work/made" || :
	work_run "$@" >/dev/null 2<>"$work/made" || die 2 "$image_what: $(tr -d '\000' <"$work/made" | grep . | tail -n 2)"
}

# lz4 packs faster than a disk writes.
image_mkimage="$top/images/mkimage --compress lz4"

# A tree of the caller's own gets root as the owner of all files. An ordinary user can read a tree with other owners as root of a
# user namespace.
image_pick_way() {
	if [ "$(id -u)" -eq 0 ]; then
		image_way=plain
	elif [ -z "$(find "$image_what/" ! -uid "$(id -u)" -print -quit 2>&1)" ]; then
		image_way=all-root
	else
		image_way=as-root
	fi
}

image_pick_way_of_tar() {
	image_way=as-root
	image_why=$("$top/images/as-root" true 2>&1) || image_way=all-root
}

image_make_from_tree() {
	note "making an image of $image_what"
	# shellcheck disable=SC2086 # words
	case $image_way in
	plain) image_run $image_mkimage "$image_what" "$1" ;;
	all-root) image_run $image_mkimage --all-root "$image_what" "$1" ;;
	as-root) image_run "$top/images/as-root" $image_mkimage "$image_what" "$1" ;;
	esac
}

image_make_from_tar() {
	note "making an image of $image_what"
	# shellcheck disable=SC2086 # words
	if [ $image_way = as-root ]; then
		image_run "$top/images/unpacked" "$image_what" $image_mkimage {} "$1"
	else
		note "$image_what: all its files become root's: $image_why"
		mkdir "$work/tree"
		image_run tar -x --no-same-owner -f "$image_what" --anchored --exclude='./dev/?*' --exclude='dev/?*' -C "$work/tree"
		image_run $image_mkimage --all-root "$work/tree" "$1"
		rm -rf "$work/tree"
	fi
}

# The file is served where it lies, with the hash tree that lies beside it, or one of ours; and with its boot profile, if it has one.
image_take_erofs() {
	[ "$(image_bytes 1036 1)" = 0c ] || die 2 "$image_what: its blocks are not of 4096 bytes: mkfs.erofs -b 4096"
	image_real=$(readlink -f "$image_what")
	if [ -r "$image_real.verity" ] && [ -r "$image_real.roothash" ] &&
		[ -z "$(find "$image_real" -newer "$image_real.roothash")" ]; then
		ln -s "$image_real.verity" "$image.verity"
		ln -s "$image_real.roothash" "$image.roothash"
	else
		keep_image file image_make_verity
	fi
	ln -sf "$image_real" "$image"
	[ ! -r "$image_real.profile" ] || ln -s "$image_real.profile" "$image.profile"
}

image_make_verity() {
	note "making the hash tree of $image_what"
	image_run "$top/images/verity" "$image_what" "$1.verity" "$1.roothash"
}
