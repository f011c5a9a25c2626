#!/usr/bin/env atf-sh
# shellcheck shell=sh
# shellcheck source=tests/support/boot.sh
# SPDX-License-Identifier: MIT
#
# Nothing a reader sees when engines die, at any time and at each point of their work, or are replaced. The long form has
# 1,000 deaths at random times, 40 at each point and 40 upgrades; the short one 40, 3 and 3.
# shellcheck disable=SC2154 # what boot.sh sets

support=$(cd "$(atf_get_srcdir)/../support" && pwd)
# shellcheck source=tests/support/over.sh
. "$support/over.sh"

# An image with thousands of small files that do not compress: each is a request or two of its own, so that requests are
# under way whenever an engine dies. /rest is for what comes after. With a store each is a request once; without one they are
# when the page cache was dropped, too, and a third of them will do.
storm_image() {
	case $over_transport in cachefiles) size=84M ;; fuse) size=28M ;; esac
	mkdir -p www root
	cp -al "$boot_build/images/demo.root/." root
	rm -rf root/data root/demo.md5
	cp "$boot_build/blobrootd" root/bin/
	mkdir root/storm root/rest
	head -c "$size" /dev/urandom | split -b 15001 -a 4 - root/storm/
	yes 'each line is this one' | head -c 30M >root/rest/large
	head -c 20000 root/rest/large >root/rest/small
	(cd root && find storm -type f | shuf | xargs md5sum >storm.md5)
	atf_check -o ignore "$boot_top/images/mkimage" --all-root --compress none root www/storm.erofs
	rm -rf root
}

no_reader_notices_that_engines_die_or_are_replaced_body() {
	. "$support/boot.sh"
	. "$support/long.sh"
	kills=$(long_or_short 1000 40) points=$(long_or_short 40 3)
	storm_image
	boot_serve
	# Slow replies, so that requests are under way, and some are left, until the last engine has died: on a slow machine the
	# readers were through before, and the reaper waited for ever.
	httpd_fault 'delay=200 count=100000'
	boot_options="--mem 1024 --timeout $(long_or_short 2400 600)"
	case $over_transport in
	cachefiles) set -- rd.blob.cache=ram:200M ;;
	fuse) set -- rd.blob.cache=page ;;
	esac
	boot "$over_flavour" storm.erofs 0 '^demo: done' ip=dhcp "rd.blob.roothash=$(cat www/storm.erofs.roothash)" \
		"$@" demo.nocheck demo.run=storm storm.kills="$kills" storm.points="$points" \
		storm.upgrades="$points"
	boot_has "^reaper: random: $kills"
	points_of_cachefiles='opening opened filling'
	[ "$over_transport" = cachefiles ] || points_of_cachefiles=
	for point in born asked filled answered $points_of_cachefiles; do
		boot_has "^reaper: $point: $points"
	done
	boot_has "^STORM upgrades=$points "
	boot_has '^STORM checked=[1-9][0-9]+$'
	boot_has '^STORM restarts=[0-9]+ failed=0 passes=[0-9]+ wrong=0'
	boot_has '^KEEPER killed: the read under way: status 1: cat: read error: Input/output error: wrong lines: 0'
	boot_has '^KEEPER killed: the next read: status 1: cat: .*Input/output error: after [0-5] s'
	boot_has 'blobroot: keeper: it is gone: all reads of what is not cached fail from now on'
}

atf_init_test_cases() {
	over 'cachefiles fuse fuse_on_7_3' no_reader_notices_that_engines_die_or_are_replaced
}
