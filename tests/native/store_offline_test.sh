#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# What a store on a disk makes possible without a server.
# shellcheck disable=SC2119,SC2154 # what native.sh sets

support=$(cd "$(atf_get_srcdir)/../support" && pwd)
# shellcheck source=tests/support/native_store.sh
. "$support/native_store.sh"

# A signature vouches for the image. store_publish NAME N: image N of this URL, signed by NAME.
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

# With a root hash, no server is even asked.
atf_test_case with_a_root_hash_no_server_is_needed_nor_asked
with_a_root_hash_no_server_is_needed_nor_asked_body() {
	native_serve
	store_disk 300M
	store_round rd.blob.profile=none # one is asked for where a block is missing that nobody reads
	: >log
	store_round rd.blob.profile=none
	atf_check_equal 0 "$fetched"
	atf_check -o empty cat log
	kill "$server"
	store_round
	# Whatever it cannot prove, it asks for.
	printf x | dd of="$(store_image)/blocks" bs=1 seek=1030 conv=notrunc 2>/dev/null
	native_cold
	native_refused 111 'http.*: no connection to the server: Connection refused' --store store "$url/x.erofs" mnt "rd.blob.roothash=$root" rd.blob.contact=5
}

atf_test_case the_newest_signed_image_that_was_booted_is_booted_without_a_server
the_newest_signed_image_that_was_booted_is_booted_without_a_server_body() {
	export BLOBROOT_LOG_STDERR=1
	store_disk 300M
	verity_keys
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

# alone STATUS WORD..: `start --alone`, which an initramfs calls before it has a network, ends with STATUS.
alone() {
	alone_want=$1
	shift
	timeout 60 "$native_blobrootd" start --alone --store "$PWD/store" --transport fuse --run "$PWD/start.run" --etc etc \
		"root=blob:$url/x.erofs" "$@" 2>why </dev/null
	atf_check_equal "$alone_want" $?
}

# It goes on without a network only where nothing can be missing.
atf_test_case only_a_store_that_has_all_of_the_image_boots_alone
only_a_store_that_has_all_of_the_image_boots_alone_body() {
	store_disk 300M
	verity_keys
	store_publish release 1
	httpd_serve
	alone 100 "rd.blob.roothash=$root"
	native_options="--store $PWD/store"
	native_mount mnt
	head -c 100000 mnt/one >/dev/null
	umount mnt
	alone 100 "rd.blob.roothash=$root"
	# Signed, and all of it.
	store_signed 1
	BLOBROOT_LOG_STDERR=1 "$native_blobrootd" mount-image --store store --etc etc "$url/x.erofs" mnt rd.blob.complete=1g 2>said
	native_until grep -q 'all of it is here' said
	umount mnt
	alone 111
	rm "store/images/$root/roothash.p7s"
	alone 100
	# What cannot be used is no reason to wait.
	chattr +i store/images
	alone 100 "rd.blob.roothash=$root"
	chattr -i store/images
	alone 0 "rd.blob.roothash=$root"
	# Later engines may ask whom they need.
	kill -KILL "$(native_status start engine)"
	native_until store_has_next_engine
	atf_check -s exit:1 grep -qze --alone "/proc/$(native_status start engine)/cmdline"
}

store_has_next_engine() { [ "$(native_status start restarts)" -eq 1 ] && [ "$(native_status start engine)" -gt 0 ]; }

# A server that comes late is waited for as without a store, if that has nothing that can be booted.
atf_test_case a_store_that_cannot_help_does_not_end_the_wait
a_store_that_cannot_help_does_not_end_the_wait_body() {
	store_disk 300M
	verity_keys
	store_publish release 1
	httpd_serve
	store_signed 1
	rm "store/images/$root/roothash.p7s"
	kill -STOP "$server"
	"$native_blobrootd" start --store "$PWD/store" --transport fuse --run "$PWD/start.run" --etc etc "root=blob:$url/x.erofs" \
		2>why </dev/null &
	starter=$!
	sleep 14
	kill -0 $starter || atf_fail "it has ended: $(cat why)"
	kill -CONT "$server"
	wait $starter || atf_fail "it has not come up: $(cat why)"
}

atf_init_test_cases() {
	atf_add_test_case only_a_store_that_has_all_of_the_image_boots_alone
	atf_add_test_case a_store_that_cannot_help_does_not_end_the_wait
	atf_add_test_case with_a_root_hash_no_server_is_needed_nor_asked
	atf_add_test_case the_newest_signed_image_that_was_booted_is_booted_without_a_server
}
