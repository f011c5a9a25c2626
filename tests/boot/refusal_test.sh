#!/usr/bin/env atf-sh
# shellcheck shell=sh
# shellcheck source=tests/support/boot.sh
# SPDX-License-Identifier: MIT
#
# What cannot boot says why, in one line, and obeys rd.shell and panic=.
# shellcheck disable=SC2154 # what boot.sh sets

support=$(cd "$(atf_get_srcdir)/../support" && pwd)

# A failed boot ends in a panic (panic=-1): qemu/run's status 3.
refused() {
	boot_line=$1
	shift
	boot "$@"
	boot_fails_with "$boot_line"
	boot_has_not 'root is up'
}

refusal() {
	atf_test_case "$1"
	eval "$1_body() {
		. \"\$support/boot.sh\"
		boot_serve
		$2
	}"
	refusal_cases="$refusal_cases $1"
}
refusal_cases=''

never='^never$'
refusal an_image_that_is_not_there_ends_the_boot \
	"refused 'http://10.0.2.2:[0-9]*/none.erofs: the server answers 404 \(Not Found\)' \
		busybox-6.12 none.erofs 3 '$never' ip=dhcp rd.blob.insecure"
refusal an_unknown_parameter_ends_the_boot \
	"refused 'rd.blob.cahce=ram: no such parameter' busybox-6.12 demo.erofs 3 '$never' ip=dhcp rd.blob.insecure rd.blob.cahce=ram"
refusal an_image_that_nothing_vouches_for_ends_the_boot \
	"refused 'image: nothing vouches for it: add rd.blob.roothash=HEX, or a signer' busybox-6.12 demo.erofs 3 '$never' ip=dhcp"
refusal a_file_that_is_no_image_ends_the_boot \
	"head -c 100000 /dev/zero >www/zeros
	refused 'http.*/zeros: is not an EROFS image' busybox-6.12 zeros 3 '$never' ip=dhcp rd.blob.insecure"
refusal a_refused_connection_ends_the_boot_after_a_while \
	"guest_url=http://10.0.2.2:1
	refused 'http://10.0.2.2:1/demo.erofs: no connection to the server' \
		busybox-6.12 demo.erofs 3 '$never' ip=dhcp rd.blob.insecure rd.blob.contact=3"
refusal no_network_card_ends_the_boot \
	"boot_options='--nic none'
	refused 'network: no ' busybox-6.12 demo.erofs 3 '$never' ip=dhcp rd.blob.insecure"
refusal no_DHCP_answer_in_the_time_given_ends_the_boot \
	"boot_options='--nic none' boot_qemu='-netdev hubport,hubid=9,id=n -device virtio-net-pci,netdev=n'
	refused 'network: eth0: no DHCP server answered in 20 s' busybox-6.12 demo.erofs 3 '$never' ip=dhcp rd.blob.insecure \
		rd.net.timeout.dhcp=20
	boot_has 'network: eth0: waiting for an address by dhcp: 2 s so far'"
refusal a_kernel_without_on_demand_mode_is_told_how_to_get_it \
	"refused 'kernel: .*CONFIG_CACHEFILES_ONDEMAND.*make modules KVER=' \
		busybox-stock-6.12 demo.erofs 3 '$never' ip=dhcp rd.blob.insecure"
refusal a_compressed_image_is_refused_by_a_kernel_that_would_hang_on_it \
	"refused 'kernel: its on-demand EROFS hangs on compressed images' \
		busybox-unpatched-6.12 demo.erofs 3 '$never' ip=dhcp rd.blob.insecure"
refusal two_disks_of_one_label_end_the_boot \
	"truncate -s 200M disk
	atf_check -o ignore -e ignore mkfs.ext4 -q -L blobs disk
	cp disk other
	boot_options=\"--drive \$PWD/disk --drive \$PWD/other\"
	refused 'store: LABEL=blobs: both /dev/vd[ab] and /dev/vd[ab] have it: name the device, or change one of them' \
		busybox-6.12 demo.erofs 3 '$never' ip=dhcp rd.blob.insecure rd.blob.cache=LABEL=blobs"
refusal a_blob_beside_the_image_that_is_not_there_ends_the_boot \
	"ln -s \"\$boot_build/layouts/www/beside-trixie\" www/
	refused 'mount: a blob beside the image cannot be opened: erofs: .*device gone cannot be opened' \
		busybox-6.12 beside-trixie 3 '$never' ip=dhcp rd.blob.insecure rootflags=device=gone
	boot_has 'http://10.0.2.2:[0-9]*/gone: the server answers 404 \(Not Found\): it cannot be opened'"

atf_test_case rd_shell_gives_a_shell_instead_of_a_panic
rd_shell_gives_a_shell_instead_of_a_panic_body() {
	. "$support/boot.sh"
	boot_serve
	boot busybox-6.12 none.erofs 0 'built-in shell .ash.' ip=dhcp rd.blob.insecure rd.shell
	boot_fails_with 'http.*/none.erofs: '
	boot_has_not 'Kernel panic'
}

atf_init_test_cases() {
	for case in $refusal_cases; do
		atf_add_test_case "$case"
	done
	atf_add_test_case rd_shell_gives_a_shell_instead_of_a_panic
}
