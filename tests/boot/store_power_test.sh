#!/usr/bin/env atf-sh
# shellcheck shell=sh
# shellcheck source=tests/support/boot.sh
# SPDX-License-Identifier: MIT
#
# Power cuts while a store on a disk is written to, from its first directory on.
# shellcheck disable=SC2154 # what boot.sh sets

support=$(cd "$(atf_get_srcdir)/../support" && pwd)
# shellcheck source=tests/support/long.sh
. "$support/long.sh"
# shellcheck source=tests/support/over.sh
. "$support/over.sh"

# power_cut SECONDS: a boot that ends so early, as if the power were gone.
power_cut() {
	"$boot_top/qemu/run" --console cut.raw --timeout "$1" --marker '^demo: done' --mem 512 --drive disk \
		--kernel "$boot_build/boot/$over_flavour/vmlinuz" --initrd "$(boot_initrd_of "$over_flavour")" \
		--append "root=blob:$guest_url/demo.erofs panic=-1 ip=dhcp $boot_proof rd.blob.cache=LABEL=blobs" >end 2>&1 </dev/null
	power_status=$?
	case $power_status in
	0 | 4) ;;
	*) atf_fail "qemu/run ended with $power_status: $(cat end)" ;;
	esac
}

atf_test_case no_power_cut_costs_a_boot_or_a_byte
no_power_cut_costs_a_boot_or_a_byte_body() {
	. "$support/boot.sh"
	boot_serve
	rounds=$(long_or_short 60 2)
	round=0
	# The same times in each run; the machine adds some chance of its own.
	times=$(awk -v n="$rounds" 'BEGIN { srand(16); for (i = 0; i < n; i++) printf "%.2f ", 3 + 6 * rand() }')
	for seconds in $times; do
		# Either transport finds what the other one has left. Every second cut is into an empty disk.
		case $((round % 4)) in 1 | 2) over_be cachefiles ;; *) over_be fuse ;; esac
		[ $((round % 2)) -eq 1 ] || {
			rm -f disk
			truncate -s 100M disk
			atf_check -o ignore -e ignore mkfs.ext4 -q -L blobs disk
		}
		round=$((round + 1))
		turn_take
		power_cut "$seconds"
		turn_give
		echo "cut after $seconds s: $(grep -ao 'store: .*\|image: proven.*\|root is up.*' cut.raw | tr -d '\r' | tr '\n' ';')"
		cp disk copy
		# The journal is replayed; nothing else may have to be mended.
		e2fsck -p copy >e2fsck.out 2>&1 || atf_check_equal 1 $?
		atf_check -o ignore -e ignore e2fsck -fn copy
		boot_options="--drive $PWD/disk"
		boot "$over_flavour" demo.erofs 0 '^demo: done' ip=dhcp "$boot_proof" rd.blob.cache=LABEL=blobs
		boot_has '^demo: all checksums right'
		boot_has_not 'going on with'
	done
}

atf_init_test_cases() {
	atf_add_test_case no_power_cut_costs_a_boot_or_a_byte
}
