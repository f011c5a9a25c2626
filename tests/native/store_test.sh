#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# A store on a disk, below a directory: the next mount finds it, and proves it.
# shellcheck disable=SC2119,SC2154 # what native.sh sets

support=$(cd "$(atf_get_srcdir)/../support" && pwd)
# shellcheck source=tests/support/native.sh
. "$support/native.sh"

# A file system of its own, so that it has extents, holes and a size: store_disk SIZE [MKFS..].
store_disk() {
	store_size=$1
	shift
	[ $# -gt 0 ] || set -- mkfs.ext4 -q
	truncate -s "$store_size" disk
	atf_check -o ignore -e ignore "$@" disk
	mkdir -p store
	atf_check mount -o loop disk store
}

# Mounts the image with the store, reads all of it, and unmounts it; puts what was fetched into $fetched. Words are further ones.
store_round() {
	native_options="--store $PWD/store"
	native_mount mnt "$@"
	native_reads mnt -c
	fetched=$(native_status mnt fetched)
	umount mnt
	native_until native_are_gone
	native_cold
}

store_image() { echo store/images/"$root"; }

# store_serve_noise SIZE: an image of one file, tree/one.
store_serve_noise() {
	mkdir -p www tree
	kernel_noise tree/one "$1" 1
	atf_check -o ignore -e ignore mkfs.erofs www/x.erofs tree
	verity_format www/x.erofs www/x.erofs.verity
	httpd_serve
}

store_reads_until_it_is_said() {
	for store_try in $(seq 100); do
		native_cold
		atf_check cmp tree/one mnt/one
		! grep -q "$1" said || return 0
		sleep 1
	done
	atf_fail "it never says: $1"
}

atf_test_case the_next_mount_reads_from_the_disk
the_next_mount_reads_from_the_disk_body() {
	native_serve
	store_disk 300M
	store_round
	first=$fetched
	store_round
	atf_check test "$fetched" -lt 300000
	atf_check test "$first" -gt 800000
	native_mount mnt
	atf_check_equal disk "$(native_status mnt cache)"
	# Blocks that the reader never needed are not there; what is there is as stock tools would have it.
	atf_check -o match:"$root" veritysetup dump "$(store_image)/tree"
}

# All of it, and then it is what mkfs.erofs and veritysetup wrote.
atf_test_case it_can_be_whole_and_stock_tools_agree
it_can_be_whole_and_stock_tools_agree_body() {
	native_serve
	store_disk 300M
	native_options="--store $PWD/store"
	export BLOBROOT_LOG_STDERR=1
	native_mount mnt rd.blob.complete=1g
	native_until grep -q 'blobroot: http.*/x.erofs: all of it is here, [0-9]* bytes: no server is needed any more' said
	kill "$server"
	native_cold
	native_reads mnt -c
	umount mnt
	native_until native_are_gone
	atf_check cmp www/x.erofs "$(store_image)/blocks"
	atf_check veritysetup verify "$(store_image)/blocks" "$(store_image)/tree" "$root"
}

# 2,000 changes to what lies there: no wrong byte is read.
atf_test_case whatever_lies_there_no_wrong_byte_is_read
whatever_lies_there_no_wrong_byte_is_read_body() {
	store_serve_noise 20000000
	store_disk 300M
	export BLOBROOT_LOG_STDERR=1
	store_noise_round
	for round in 1 2 3 4 5; do
		kinds=''
		[ $round -le 3 ] || kinds=all
		# shellcheck disable=SC2086 # none, or one word
		atf_check -e ignore "$support/spoil_store" $round 400 "$(store_image)" $kinds
		native_cold
		store_noise_round
		! grep 'going on without it' said || atf_fail "the store is not used"
		# What is right there is used, and what is wrong is fetched.
		[ -n "$kinds" ] || atf_check test "$fetched" -lt 10000000
		atf_check test "$fetched" -gt 400000
		atf_check -o ignore grep 'store: bytes .*: not what the root hash vouches for: fetched again' said
	done
}

store_noise_round() {
	native_options="--store $PWD/store"
	native_mount mnt
	atf_check cmp tree/one mnt/one
	fetched=$(native_status mnt fetched)
	umount mnt
	native_until native_are_gone
	native_cold
}

# A disk that other data needs, too.
atf_test_case a_full_disk_costs_no_reader_anything_and_is_used_again_when_there_is_room
a_full_disk_costs_no_reader_anything_and_is_used_again_when_there_is_room_body() {
	store_serve_noise 20000000
	store_disk 64M
	export BLOBROOT_LOG_STDERR=1
	dd if=/dev/zero of=store/theirs bs=1M 2>/dev/null
	truncate -s -8M store/theirs
	sync store
	mkdir store/blobroot
	native_options="--store $PWD/store/blobroot"
	native_mount mnt
	atf_check cmp tree/one mnt/one
	native_until grep -q '^blobroot: store: the disk has no more free than bstop or fstop allow: nothing more is kept until' said
	rm store/theirs
	store_reads_until_it_is_said '^blobroot: store: there is room on the disk again'
	atf_check_equal 1 "$(grep -c 'nothing more is kept' said)"
}

atf_test_case engines_that_are_killed_leave_nothing_wrong
engines_that_are_killed_leave_nothing_wrong_body() {
	store_serve_noise 60000000
	store_disk 300M
	native_options="--store $PWD/store"
	native_mount mnt
	for kill in 1 2 3 4 5 6 7 8; do
		cmp tree/one mnt/one &
		reader=$!
		sleep 0.$kill
		kill -KILL "$(native_status mnt engine)"
		wait "$reader" || atf_fail "a reader fails"
		native_cold
	done
	umount mnt
	native_until native_are_gone
	native_cold
	native_mount mnt
	atf_check cmp tree/one mnt/one
	atf_check test "$(native_status mnt fetched)" -lt 1000000
}

# What is not blobroot's is not touched, and what cannot be used is said.
atf_test_case a_directory_that_is_not_ours_is_refused
a_directory_that_is_not_ours_is_refused_body() {
	native_serve
	mkdir mnt theirs
	echo precious >theirs/mark
	set -- "$url/x.erofs" mnt "rd.blob.roothash=$root"
	native_refused 100 "store: theirs: is not empty, and has no mark (mark), so it is not blobroot's: use another directory" \
		--store theirs "$@"
	atf_check -o inline:'mark\n' ls theirs
	atf_check -o inline:'precious\n' cat theirs/mark
	native_refused 100 'store: nowhere: No such file or directory' --store nowhere "$@"
	native_refused 100 'store: theirs/mark: Not a directory' --store theirs/mark "$@"
	mkdir ours elsewhere
	echo 'blobroot made this directory, and deletes what it made here.' >ours/mark
	ln -s ../elsewhere ours/images
	native_refused 100 'store: ours: Not a directory' --store ours "$@"
	native_refused 100 'rd.blob.cache=ram: and --store DIR: one of them' --store ours "$@" rd.blob.cache=ram
	atf_check rmdir elsewhere
}

# Nothing can prove what lies there.
atf_test_case without_a_root_hash_there_is_no_store
without_a_root_hash_there_is_no_store_body() {
	native_serve
	mkdir store mnt
	export BLOBROOT_LOG_STDERR=1
	atf_check -e save:said "$native_blobrootd" mount-image --store store "$url/x.erofs" mnt rd.blob.insecure
	atf_check -o ignore grep 'store: nothing vouches for the image, nor for what lies on a disk: going on without it' said
	native_reads mnt
	atf_check -o empty ls store/images
}

# -- limits ------------------------------------------------------------------------------------------------------------

# Ten images of 8 MB through a store that may take 30 MB: the one that is read and the one before it are always there.
atf_test_case whole_images_are_deleted_and_the_limit_holds
whole_images_are_deleted_and_the_limit_holds_body() {
	mkdir -p www tree store
	httpd_serve
	export BLOBROOT_LOG_STDERR=1
	before=none
	for image in 1 2 3 4 5 6 7 8 9 10; do
		kernel_noise tree/one 8000000 $image
		rm -f www/*
		atf_check -o ignore -e ignore mkfs.erofs www/x.erofs tree
		verity_format www/x.erofs www/x.erofs.verity
		native_options="--store $PWD/store"
		native_mount mnt rd.blob.cache.limit=30m
		cmp tree/one mnt/one || atf_fail "wrong"
		native_until store_is_whole
		atf_check test "$(du -sk store/images | cut -f 1)" -le 30720
		atf_check test -e "store/images/$root/blocks"
		[ $before = none ] || atf_check test -e "store/images/$before/blocks"
		before=$root
		umount mnt
		native_until native_are_gone
	done
	atf_check test "$(ls store/images | wc -l)" -le 3
	atf_check -o ignore grep 'blobroot: store: image [0-9a-f]* is deleted, to make room' said
}
store_is_whole() { cmp -s www/x.erofs "$(store_image)/blocks"; }

# Limits of the file, and what they refuse.
atf_test_case limits_that_make_no_sense_are_refused
limits_that_make_no_sense_are_refused_body() {
	native_serve
	mkdir -p mnt store etc/blobroot
	set -- --etc etc --store store "$url/x.erofs" mnt "rd.blob.roothash=$root"
	echo 'brun 3%' >etc/blobroot/cachefilesd.conf
	native_refused 100 'etc/blobroot/cachefilesd.conf: bstop, bcull and brun must be in this order, each less than the next' "$@"
	echo 'secctx system_u:system_r:cachefiles_kernel_t:s0' >etc/blobroot/cachefilesd.conf
	native_refused 100 'etc/blobroot/cachefilesd.conf: secctx: no policy is loaded here, so that it would mean nothing' "$@"
	printf 'dir /x\nbrun 99%%\nbcull 98%%\nbstop 97%%\n' >etc/blobroot/cachefilesd.conf
	BLOBROOT_LOG_STDERR=1 atf_check -e save:said "$native_blobrootd" mount-image "$@"
	atf_check -o ignore grep 'cachefilesd.conf: line 1: dir: rd.blob.cache= says where the store is: passed over' said
	atf_check -o ignore grep 'store: the disk has no more free than bstop or fstop allow: nothing more is kept until there is room' said
	native_reads mnt
	atf_check_equal 0 "$(stat -c %b store/images/"$root"/blocks)"
}

# -- offline -----------------------------------------------------------------------------------------------------------

# With a root hash, no server is even asked.
atf_test_case with_a_root_hash_no_server_is_needed_nor_asked
with_a_root_hash_no_server_is_needed_nor_asked_body() {
	native_serve
	store_disk 300M
	store_round
	: >log
	store_round
	atf_check_equal 0 "$fetched"
	atf_check -o empty cat log
	kill "$server"
	store_round
	# Whatever it cannot prove, it asks for.
	printf x | dd of="$(store_image)/blocks" bs=1 seek=1030 conv=notrunc 2>/dev/null
	native_cold
	native_refused 111 'http.*: no connection to the server: Connection refused' --store store "$url/x.erofs" mnt "rd.blob.roothash=$root" rd.blob.contact=1
}

# A signature vouches for the image. store_publish NAME: another image of this URL, signed by NAME; store_sign: only that.
store_publish() {
	rm -rf tree www/x.erofs*
	mkdir -p www tree
	kernel_noise tree/one 3000000 "$2"
	atf_check -o ignore -e ignore mkfs.erofs www/x.erofs tree
	verity_format www/x.erofs www/x.erofs.verity
	printf %s "$root" >www/x.erofs.roothash
	atf_check openssl smime -sign -nocerts -noattr -binary -in www/x.erofs.roothash -inkey "$1.key" -signer "$1.crt" -outform der \
		-out www/x.erofs.roothash.p7s
	sha256sum <tree/one >"sum.$2"
}

store_keys() {
	mkdir -p etc/verity.d
	for name in release stranger; do
		atf_check -e ignore openssl req -x509 -newkey rsa:2048 -nodes -keyout "$name.key" -out "$name.crt" \
			-subj "/O=fleet/CN=$name" -days 30
	done
	cp release.crt etc/verity.d/
}

# store_signed IMAGE [WORD..]: what is mounted, trusted by etc alone, is that image, and all of it can be read.
store_signed() {
	store_want=$1
	shift
	mkdir -p mnt
	atf_check -e save:said "$native_blobrootd" mount-image --store store --etc etc --run "$PWD/mnt.run" "$url/x.erofs" mnt "$@"
	atf_check -o file:"sum.$store_want" sha256sum <mnt/one
	umount mnt
	native_until native_are_gone
	native_cold
}

atf_test_case the_newest_signed_image_that_was_booted_is_booted_without_a_server
the_newest_signed_image_that_was_booted_is_booted_without_a_server_body() {
	export BLOBROOT_LOG_STDERR=1
	store_disk 300M
	store_keys
	store_publish release 1
	httpd_serve
	store_signed 1
	# A server that answers has a newer one, and wins.
	store_publish release 2
	store_signed 2
	kill "$server"
	wait "$server" || true
	store_signed 2 rd.blob.contact=2
	atf_check -o ignore grep 'blobroot: image: http.*: booting from the store what was booted last' said
	# What nobody vouches for any more is not booted: the one before it is.
	rm "store/images/$root/roothash.p7s"
	store_signed 1 rd.blob.contact=2
	atf_check -o ignore grep "blobroot: store: $root: cannot be booted: its root hash is not signed for this host" said
	# Nor is any by a certificate that was taken away.
	cp stranger.crt etc/verity.d/release.crt
	unset BLOBROOT_LOG_STDERR
	native_refused 111 'http.*' --store store --etc etc "$url/x.erofs" mnt rd.blob.contact=2
	# And none of another URL.
	cp release.crt etc/verity.d/
	native_refused 111 'http.*' --store store --etc etc "$url/y.erofs" mnt rd.blob.contact=2
}

atf_init_test_cases() {
	atf_add_test_case the_newest_signed_image_that_was_booted_is_booted_without_a_server
	atf_add_test_case whole_images_are_deleted_and_the_limit_holds
	atf_add_test_case limits_that_make_no_sense_are_refused
	atf_add_test_case with_a_root_hash_no_server_is_needed_nor_asked
	atf_add_test_case a_full_disk_costs_no_reader_anything_and_is_used_again_when_there_is_room
	atf_add_test_case engines_that_are_killed_leave_nothing_wrong
	atf_add_test_case a_directory_that_is_not_ours_is_refused
	atf_add_test_case without_a_root_hash_there_is_no_store
	atf_add_test_case the_next_mount_reads_from_the_disk
	atf_add_test_case it_can_be_whole_and_stock_tools_agree
	atf_add_test_case whatever_lies_there_no_wrong_byte_is_read
}
