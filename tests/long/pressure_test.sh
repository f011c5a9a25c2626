#!/usr/bin/env atf-sh
# shellcheck shell=sh
# shellcheck source=tests/support/boot.sh
# SPDX-License-Identifier: MIT
#
# An image that is larger than the host's memory is read whole, twice, while others take memory and give it back. With
# fuse what does not fit is fetched again; cachefiles needs room for all of it. The short form: native/life_test, whose
# readers drop the page cache all the time.
# shellcheck disable=SC2034,SC2154 # what boot.sh sets and uses

support=$(cd "$(atf_get_srcdir)/../support" && pwd)

# 1 GB in files that do not compress.
pressure_image() {
	mkdir -p www root
	cp -al "$boot_build/images/demo.root/." root
	rm -rf root/data root/demo.md5
	cp "$boot_build/blobrootd" root/bin/
	mkdir root/pressure
	head -c 1G /dev/urandom | split -b 4000001 -a 3 - root/pressure/
	(cd root && find pressure -type f | sort | xargs md5sum >pressure.md5)
	atf_check -o ignore "$boot_top/images/mkimage" --all-root --compress none root www/pressure.erofs
	rm -rf root
}

# pressure_boot FLAVOUR MB [WORD..]
pressure_boot() {
	pressure_flavour=$1
	boot_options="--mem $2 --timeout 2700"
	shift 2
	boot "$pressure_flavour" pressure.erofs 0 '^demo: done' ip=dhcp "rd.blob.roothash=$(cat www/pressure.erofs.roothash)" \
		demo.nocheck demo.run=pressure "$@"
	grep -a '^PRESSURE' console
	boot_has '^PRESSURE pass=1 wrong=0 fetched=[0-9]+ restarts=0$'
	boot_has '^PRESSURE pass=2 wrong=0 fetched=[0-9]+ restarts=0$'
	boot_has '^PRESSURE rounds=[1-9]'
	boot_has_not 'Out of memory|oom-kill'
}

atf_test_case with_fuse_in_256_MB
with_fuse_in_256_MB_body() {
	. "$support/boot.sh"
	pressure_image
	boot_serve
	pressure_boot busybox-stock-6.12 256
}

atf_test_case with_cachefiles_in_what_it_needs
with_cachefiles_in_what_it_needs_body() {
	. "$support/boot.sh"
	pressure_image
	boot_serve
	pressure_boot busybox-6.12 1500 rd.blob.cache=ram:1100m
}

atf_init_test_cases() {
	atf_add_test_case with_fuse_in_256_MB
	atf_add_test_case with_cachefiles_in_what_it_needs
}
