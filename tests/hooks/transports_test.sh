#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# hooks/dracut/55blobroot/transport-*.sh: which transports work with the kernel for which dracut makes an initramfs.
# shellcheck disable=SC2016 # text for bash

top=$(cd "$(atf_get_srcdir)/../../.." && pwd)

# tells LINE [MODULE=FILE..]: with a kernel that has these modules dracut's module says LINE: what works; and why the rest does
# not.
tells() {
	line=$1
	shift
	printf '%s\n' "$@" >modules
	atf_check -o "inline:$line\n" bash -c '
		set -o pipefail
		moddir=$1 kernel=$2 dracutsysrootdir=$PWD/root
		modinfo() { sed -n "s/^${!#}=//p" modules; }
		. "$moddir/module-setup.sh"
		blobroot_dir() { echo "${moddir%/hooks/*}/initrd/lists"; }
		blobroot_try_transports
		echo "${works:-none}${others:+; $others}"' bash "$top/hooks/dracut/55blobroot" "$kernel"
}

# Modules: as ours, as a stock kernel's, and as one's before 6.12.
modules() {
	kernel=6.12.1-test
	mkdir -p root/boot "root/lib/modules/$kernel/build"
	echo 'erofs_fscache_register_volume erofs_fileio_submit_bio' >ours.ko
	echo cachefiles_ondemand_daemon_read >ondemand.ko
	echo erofs_fileio_submit_bio | xz >stock.ko.xz
	echo erofs_read_folio >old.ko
	: >plain.ko
	no_mode=" has no on-demand mode: \`make modules-install KVER=$kernel\` in blobroot's source installs ours (up to Linux 7.1)"
	no_files='its EROFS cannot read from files (CONFIG_EROFS_FS_BACKED_BY_FILE, Linux 6.12)'
}

atf_test_case each_transport_that_works_is_found_and_the_others_say_why_not
each_transport_that_works_is_found_and_the_others_say_why_not_body() {
	modules
	tells 'cachefiles, fuse' erofs=ours.ko cachefiles=ondemand.ko fuse=plain.ko
	tells "fuse; cachefiles: cachefiles.ko$no_mode" erofs=stock.ko.xz cachefiles=plain.ko 'fuse=(builtin)'
	tells "fuse; cachefiles: erofs.ko$no_mode" erofs=stock.ko.xz cachefiles=ondemand.ko fuse=plain.ko
	tells 'cachefiles; fuse: there is no fuse.ko, and it is not built in' erofs=ours.ko cachefiles=ondemand.ko
	tells "none; cachefiles: cachefiles.ko$no_mode; fuse: $no_files" erofs=old.ko fuse=plain.ko
	tells "none; cachefiles: cachefiles.ko$no_mode; fuse: there is no erofs.ko, and it is not built in" fuse=plain.ko
}

atf_test_case the_kernels_configuration_says_more_than_its_modules
the_kernels_configuration_says_more_than_its_modules_body() {
	modules
	for config in "boot/config-$kernel" "lib/modules/$kernel/config" "lib/modules/$kernel/build/.config"; do
		printf 'CONFIG_EROFS_FS=y\nCONFIG_EROFS_FS_BACKED_BY_FILE=y\n' >"root/$config"
		tells "fuse; cachefiles: cachefiles.ko$no_mode" 'erofs=(builtin)' fuse=plain.ko
		printf 'CONFIG_EROFS_FS=y\n# CONFIG_EROFS_FS_BACKED_BY_FILE is not set\n' >"root/$config"
		tells "none; cachefiles: cachefiles.ko$no_mode; fuse: $no_files" 'erofs=(builtin)' fuse=plain.ko
		rm "root/$config"
	done
}

# There is nothing else to go by.
atf_test_case only_where_erofs_is_built_in_and_nothing_is_known_of_it_its_version_counts
only_where_erofs_is_built_in_and_nothing_is_known_of_it_its_version_counts_body() {
	modules
	tells "fuse; cachefiles: cachefiles.ko$no_mode" 'erofs=(builtin)' fuse=plain.ko
	kernel=6.9.12-test
	tells "none; cachefiles: cachefiles.ko$(echo "$no_mode" | sed s/6.12.1-/6.9.12-/); fuse: $no_files" 'erofs=(builtin)' fuse=plain.ko
	tells "fuse; cachefiles: cachefiles.ko$(echo "$no_mode" | sed s/6.12.1-/6.9.12-/)" erofs=stock.ko.xz fuse=plain.ko
}

atf_init_test_cases() {
	atf_add_test_case each_transport_that_works_is_found_and_the_others_say_why_not
	atf_add_test_case the_kernels_configuration_says_more_than_its_modules
	atf_add_test_case only_where_erofs_is_built_in_and_nothing_is_known_of_it_its_version_counts
}
