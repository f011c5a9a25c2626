#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# blobrootd start as a whole: it binds the kernel's cache, its keeper runs engines, its statuses are an API.
# shellcheck disable=SC2119,SC2154 # what kernel.sh sets

support=$(cd "$(atf_get_srcdir)/../../support" && pwd)
# shellcheck source=tests/support/kernel.sh
. "$support/kernel.sh"

# start_run ARGUMENT..: the script on standard input runs against `blobrootd start`.
start_run() {
	kernel_run --start "$@"
}

atf_test_case the_cache_is_bound_and_the_image_served
the_cache_is_bound_and_the_image_served_body() {
	kernel_serve
	start_run <<-EOF
		ready
		open image
		scan 1 128K
		check misses > 30
		check requests < 30
		sh $kernel_blobrootd status --run run >status
		sh $kernel_blobrootd status --run run state | grep -x ready
		sh $kernel_blobrootd status --run run nonsense 2>why; test \$? -eq 100
	EOF
	atf_check -o inline:'command dir cache\ncommand bstop 1%\ncommand bcull 2%\ncommand brun 3%\ncommand bcull 2%\ncommand tag blobroot\ncommand bind ondemand\n' \
		grep '^command ' out
	atf_check -o ignore grep -x "log: blobroot: image: rd.blob.insecure: nothing vouches for $url/x.erofs: *.*" out
	for key in state=ready transport=cachefiles fetched=4 requests= misses=3 failed=0 hashes=0 wrong=0 restarts=0 mount=none; do
		atf_check -o ignore grep "^$key" status
	done
	atf_check -o inline:'status: nonsense: no such key\n' cat why
}

atf_test_case an_image_that_is_refused_ends_it
an_image_that_is_refused_ends_it_body() {
	kernel_serve
	httpd_fault status=404
	start_run <<-EOF
		failed 100 $url/x.erofs: the server answers 404 (Not Found)
	EOF
	httpd_fault status=500
	start_run -- rd.blob.contact=5 <<-EOF
		failed 111 $url/x.erofs: the server answers 500 (Internal Server Error)
	EOF
}

# start_refuses STATUS WHY OPTION..: errno numbers are Linux'.
start_refuses() {
	start_status=$1
	start_why=$2
	shift 2
	start_run "$@" <<-EOF
		failed $start_status $start_why
	EOF
}

atf_test_case a_kernel_that_will_not_do_is_named
a_kernel_that_will_not_do_is_named_body() {
	kernel_serve
	start_refuses 100 'kernel: there is no /dev/cachefiles: the module cachefiles.ko is not in this initramfs' \
		--open-error 2
	start_refuses 100 'kernel: /dev/cachefiles is in use by another daemon' --open-error 16
	# shellcheck disable=SC2016 # nothing is to expand
	start_refuses 100 'kernel: its cachefiles.ko lacks on-demand mode (CONFIG_CACHEFILES_ONDEMAND): build the modules with `make modules KVER=..`' \
		--bind-error 22
	start_refuses 100 'cache store: its filesystem will not do: it needs extended attributes and O_TMPFILE, as ext4 has' \
		--bind-error 95
	start_refuses 100 'kernel: cannot bind the cache: I/O error' --bind-error 5
	start_refuses 100 'kernel: cannot bind the cache: No such file or directory' --bind-error 2
	start_refuses 100 'kernel: cannot bind the cache: Resource busy' --bind-error 16
}

# full OPTIONS: ./full runs a program where the cache is on a tmpfs of these OPTIONS.
full() {
	printf '%s\n' '#!/bin/sh' "mount -t tmpfs -o $1 full cache && exec \"\$@\"" >full
	chmod 755 full
}

atf_test_case a_store_in_which_something_lies_or_has_no_room_is_refused
a_store_in_which_something_lies_or_has_no_room_is_refused_body() {
	kernel_serve
	kernel_left=yes
	mkdir cache
	for left in cache/.hidden cache/cache cache/graveyard; do
		mkdir $left
		start_refuses 100 'cache store: cache is not empty: the kernel would use what lies there, and nothing has verified it'
		# Nothing was said to the kernel.
		atf_check -s exit:1 grep '^command ' out
		rmdir $left
	done
	ln -s nowhere cache/dangling
	start_refuses 100 'cache store: cache is not empty: *'
	rm cache/dangling
	enter='' && [ "$(id -u)" -eq 0 ] || enter=-r
	kernel_prefix="unshare -m $enter ./full"
	full size=8m
	start_refuses 100 'cache store: cache has room for 7 MiB only, and needs 12: the kernel leaves 2 % of its file system free'
	# A volume of the kernel's cache takes 257.
	full size=64m,nr_inodes=200
	start_refuses 100 'cache store: the file system of cache has 199 free inodes only, and a mount needs 300'
}

atf_test_case nothing_that_failed_leaves_a_process_id
nothing_that_failed_leaves_a_process_id_body() {
	kernel_serve
	httpd_fault status=404
	mkdir run
	echo 1 >run/keeper.pid
	kernel_run --start <<-EOF
		failed 100 $url/x.erofs: the server answers 404 (Not Found)
	EOF
	[ ! -e run/keeper.pid ] || atf_fail 'there is a keeper.pid'
}

atf_init_test_cases() {
	atf_add_test_case the_cache_is_bound_and_the_image_served
	atf_add_test_case an_image_that_is_refused_ends_it
	atf_add_test_case a_kernel_that_will_not_do_is_named
	atf_add_test_case a_store_in_which_something_lies_or_has_no_room_is_refused
	atf_add_test_case nothing_that_failed_leaves_a_process_id
}
