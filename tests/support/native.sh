# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# For atf-sh tests of `blobrootd mount-image` on this machine's own kernel: images, servers and mounts, as root.
#
# Flow: a test sources it at its head, which moves it into namespaces of its own: mounts, processes, and so all that a
# case starts, end with the case. Bodies call native_serve, then native_mount. Everything is in the case's own directory.
# shellcheck disable=SC2034,SC2119,SC2154 # variables and options that are the tests' or httpd.sh's

if [ -z "${NATIVE_INSIDE:-}" ]; then
	export NATIVE_INSIDE=yes
	# Processes that it does not wait for end, too: no engine outlives the case.
	exec unshare --mount --pid --fork --kill-child --mount-proc --propagation private "$0" "$@"
fi

native_top=$(cd "$support/../../.." && pwd)
native_blobrootd=${BLOBROOTD:-$native_top/build/blobrootd}

# shellcheck source=tests/support/verity.sh
. "$support/verity.sh"

# What the daemon leaves in /run is seen there. /run/log, and whatever else is mounted there, is nothing of ours.
mount -t tmpfs tmpfs /run

# The root directory of ./image and of what must be read: one tree for all cases, made by mkfs.erofs's writer.
# native_image FILE [OPTION..]: an EROFS image of a tree with all that file systems lay out differently, its hash tree, and
# $root; ./truth is what must be read. Options are mkfs.erofs's.
native_image() {
	native_file=$1
	shift
	if [ ! -d tree ]; then
		mkdir -p www tree
		"$support/tree" make tree || atf_fail "no tree"
		"$support/tree" list tree >truth
	fi
	atf_check -o ignore -e ignore mkfs.erofs "$@" "www/$native_file" tree
	verity_format "www/$native_file" "www/$native_file.verity"
}

# native_serve [OPTION..]: www/x.erofs by httpd; options are its own.
native_serve() {
	[ -e www/x.erofs ] || native_image x.erofs -zlz4hc -C65536
	httpd_serve "$@"
}

# native_serve_noise SIZE: an image of one file of so many bytes, tree/one.
native_serve_noise() {
	mkdir -p www tree
	kernel_noise tree/one "$1" 1
	atf_check -o ignore -e ignore mkfs.erofs www/x.erofs tree
	verity_format www/x.erofs www/x.erofs.verity
	httpd_serve
}

# native_mount DIR [WORD..]: mounts $url/x.erofs (or $native_url) on DIR, trusted by $root; its run directory is DIR.run.
# $native_options are further options.
native_mount() {
	native_dir=$1
	shift
	mkdir -p "$native_dir"
	# shellcheck disable=SC2086 # a list of words
	"$native_blobrootd" mount-image ${native_options:-} --run "$PWD/$native_dir.run" "${native_url:-$url/x.erofs}" "$native_dir" \
		"rd.blob.roothash=$root" "$@" >said 2>&1 || { cat said; atf_fail "it is not mounted"; }
}

# native_refused STATUS WHY ARG..: `mount-image ARG..` ends with STATUS and one line, which matches WHY.
native_refused() {
	native_status=$1 native_why=$2
	shift 2
	atf_check -s "exit:$native_status" -e save:why "$native_blobrootd" mount-image "$@"
	atf_check -o ignore grep -xe "$native_why" why
	atf_check_equal 1 "$(wc -l <why)"
}

# native_reads DIR [OPTION..]: every file is right, read in several ways. Options are tree's.
native_reads() {
	native_dir=$1
	shift
	atf_check -o "match:$(wc -l <truth) files, 0 wrong" "$support/tree" "$@" check "$native_dir" truth
}

# native_status DIR KEY
native_status() { "$native_blobrootd" status --run "$1.run" "$2"; }

# Waits until a command succeeds.
native_until() {
	for native_try in $(seq 6000); do
		! "$@" || return 0
		sleep 0.01
	done
	atf_fail "it never comes: $*"
}

native_processes() { grep -lz '^@blobrootd' /proc/[0-9]*/cmdline 2>/dev/null | wc -l; }
native_are_gone() { [ "$(native_processes)" -eq "${1:-0}" ]; }

# native_cold: what the page cache holds of the image is dropped.
native_cold() { echo 3 >/proc/sys/vm/drop_caches; }

# native_waits PID: it waits for the server, which is away, in a system call on a mount.
native_waits() { grep -q '^State:.D' "/proc/$1/status" || grep -qE 'folio|fuse|request_wait' "/proc/$1/wchan"; }

# native_away: the server goes away. $file is known to the kernel, and of its bytes nothing is; ./sum is right.
native_away() {
	file=$(find mnt -type f -size +100k | head -n 1)
	sha256sum <"$file" >sum
	native_cold
	stat "$file" >/dev/null
	kill -STOP "$server"
}
