# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# For atf-sh tests of the daemon: an image with its hash tree, made by veritysetup, and mirrors of both.
#
# Flow: a test sources it at its head; its bodies call verity_serve (and verity_mirror), then kernel_run. The
# parameters for the root hash and the mirrors are in $kernel_trust, which kernel_run uses.
# shellcheck disable=SC2034,SC2154 # variables that are the tests' or kernel.sh's

# shellcheck source=tests/support/kernel.sh
. "$support/kernel.sh"

PATH=$PATH:/usr/sbin:/sbin

# verity_format IMAGE TREE [OPTION..]: makes the hash tree; sets $root to the root hash.
verity_format() {
	verity_image=$1 verity_tree=$2
	shift 2
	veritysetup format "$@" "$verity_image" "$verity_tree" >format.out || atf_fail "veritysetup: $*"
	root=$(awk '/^Root hash:/ { print $3 }' format.out)
	chmod 644 "$verity_tree"
}

# From now on the image is trusted by its root hash: $root.
verity_trust() { kernel_trust=rd.blob.roothash=$root; }

# verity_blocks N: www/x.erofs is an image of N blocks.
verity_blocks() {
	kernel_blob www/x.erofs $((($1 > 40 ? $1 - 32 : 1) * 4096))
	[ "$(stat -c %s www/x.erofs)" -le $(($1 * 4096)) ] || atf_fail "no image is so small: $(stat -c %s www/x.erofs)"
	truncate -s $(($1 * 4096)) www/x.erofs
	cp --sparse=always www/x.erofs want.erofs
}

# verity_serve [BYTES [OPTION..]]: kernel_serve, and the hash tree of its image.
verity_serve() {
	kernel_serve "${1:-4194304}"
	[ $# -eq 0 ] || shift
	verity_format www/x.erofs www/x.erofs.verity "$@"
	verity_trust
}

# verity_mirror NAME: one more mirror, $url/NAME/x.erofs, with its own files in www/NAME.
verity_mirror() {
	mkdir -p "www/$1"
	cp want.erofs "www/$1/x.erofs"
	cp www/x.erofs.verity "www/$1/"
	kernel_trust="$kernel_trust rd.blob.mirror=$url/$1/x.erofs"
}

# verity_serve_two [BYTES]: $url/x.erofs, and $url/b/x.erofs as second mirror.
verity_serve_two() {
	verity_serve "$@"
	verity_mirror b
}

# verity_change FILE BLOCK..: changes one byte of each block.
verity_change() {
	verity_file=$1
	shift
	for verity_block; do
		verity_byte=$(od -An -tu1 -j $((verity_block * 4096 + 77)) -N 1 "$verity_file")
		# shellcheck disable=SC2059 # the byte is made by the format
		printf "\\$(printf %o $((verity_byte ^ 255)))" |
			dd of="$verity_file" bs=1 seek=$((verity_block * 4096 + 77)) conv=notrunc status=none
	done
}

# verity_spoil ARGUMENT..: runs spoil; its verdict is in $verdict, the blocks in ./spoilt, the changes in ./changes.
verity_spoil() {
	"$support/spoil" "$@" >spoil.out 2>changes || atf_fail "spoil $*: $(cat changes)"
	verdict=$(head -n 1 spoil.out)
	sed 1d spoil.out >spoilt
}

# verity_refuses STATUS WHY [WORD..]: the image is not mounted, and the console line says why.
verity_refuses() {
	verity_status=$1 verity_why=$2
	shift 2
	kernel_run -- rd.blob.contact=2 "$@" <<-EOF
		failed $verity_status $verity_why
	EOF
	grep -q '^ready' out && atf_fail "it was mounted"
	return 0
}

# From an access log: bytes of hash trees. From ./log: requests for a path.
verity_hash_bytes() { awk '$2 ~ /\.verity$/ { n += $5 } END { print n + 0 }' "$1"; }
verity_asked() { awk -v path="$1" '$2 == path' log | wc -l; }

# Number of lines of the daemon's log that end with $1.
verity_lines() { grep -c -e "^log: .*$1\$" out; }

# verity_scans RULE..: with these rules in the server the image is served, whole, and nothing fails.
verity_scans() {
	httpd_fault "$@"
	kernel_run -- rd.blob.timeout=20 <<-EOF
		ready
		open image
		scan 1 128K
		check failed == 0
	EOF
}

# verity_keys: signers release, whom ./etc/verity.d trusts, and stranger, by plain openssl.
verity_keys() {
	mkdir -p etc/verity.d
	for name in release stranger; do
		atf_check -e ignore openssl req -x509 -newkey rsa:2048 -nodes -keyout "$name.key" -out "$name.crt" \
			-subj "/O=fleet/CN=$name" -days 30
	done
	cp release.crt etc/verity.d/
}
