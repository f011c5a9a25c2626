#!/usr/bin/env atf-sh
# shellcheck shell=sh
# shellcheck source=tests/support/hosts.sh
# SPDX-License-Identifier: MIT
#
# What happens to a host after it has come up.
# shellcheck disable=SC2154 # what boot.sh sets

support=$(cd "$(atf_get_srcdir)/../support" && pwd)
# shellcheck source=tests/support/over.sh
. "$support/over.sh"

readers_do_not_notice_that_the_engine_is_killed_body() {
	. "$support/hosts.sh"
	turn_shared host_in_trouble
	boot_has '^ENGINE deaths=1 wrong=0$'
	boot_has 'blobroot: engine: killed by signal 9: the next one takes over'
}

the_kernels_fd_is_never_closed_while_a_mount_depends_on_it_body() {
	. "$support/hosts.sh"
	turn_shared host_in_trouble
	boot_has '^KEEPER holds the device$'
	boot_has '^KEEPER still holds the device$'
	boot_has_not '^KEEPER (has let go|a read failed)'
}

the_lease_is_renewed_after_the_switch_body() {
	. "$support/hosts.sh"
	turn_shared host_in_trouble
	boot_has '^LEASE udhcpc=1$'
	boot_has '^LEASE renewed: .*nameserver 10.0.2.3'
}

atf_test_case a_static_address_needs_no_DHCP
a_static_address_needs_no_DHCP_body() {
	. "$support/hosts.sh"
	turn_shared host_set_by_hand
	boot_has 'blobroot: network: eth0: 10.0.2.77/24'
	boot_has_not '^PROCESS @/udhcpc'
}

atf_test_case the_servers_name_is_asked_of_the_leased_name_server
the_servers_name_is_asked_of_the_leased_name_server_body() {
	. "$support/hosts.sh"
	turn_shared host_of_a_named_nginx
	atf_check -o ignore grep '^blobs.example. 1$' log
	boot_has '^demo: all checksums right'
}

writes_go_to_memory_body() {
	. "$support/hosts.sh"
	turn_shared host_in_trouble
	boot_has '^OVERLAY written$'
	boot_has '^OVERLAY overlay / overlay '
	boot_has '^OVERLAY size .* 32768 '
}

atf_test_case a_root_without_an_overlay_is_read_only
a_root_without_an_overlay_is_read_only_body() {
	. "$support/hosts.sh"
	turn_shared host_set_by_hand
	boot_has '^OVERLAY read-only$'
	boot_has '^OVERLAY /run/blobroot/image / erofs ro'
}

atf_test_case a_full_store_fails_new_reads_keeps_the_old_ones_and_the_host_ends
a_full_store_fails_new_reads_keeps_the_old_ones_and_the_host_ends_body() {
	. "$support/boot.sh"
	mkdir www
	atf_check -o ignore -e ignore mkfs.erofs www/plain.erofs "$boot_build/images/demo.root"
	boot_serve
	# poweroff lies in the root, and is read again.
	boot busybox-6.12 plain.erofs 0 'reboot: Power down' ip=dhcp rd.blob.insecure rd.blob.cache=ram:16M demo.every=2 demo.run=forget
	boot_has 'blobroot: cache store: full: bytes [0-9-]+ of http.*/plain.erofs find no room'
	boot_has '^demo: wrong: '
	boot_has '^demo: [0-9]+ files, [1-9][0-9]* right, [1-9][0-9]* wrong'
}

a_host_that_cannot_read_what_its_end_needs_is_off_in_a_minute_body() {
	. "$support/boot.sh"
	boot_serve
	turn_needless=1
	boot "$over_flavour" demo.erofs 0 'reboot: Power down' ip=dhcp "$boot_proof" demo.nocheck demo.run=ends
	boot_has '^ENDS begins$'
	boot_has 'blobroot: shutdown: what it needs cannot be read, and no byte has come for 60 s: the host is powered off by force'
}

atf_test_case a_blob_that_is_replaced_in_mid_boot_is_never_mixed_with_the_old_one
a_blob_that_is_replaced_in_mid_boot_is_never_mixed_with_the_old_one_body() {
	. "$support/boot.sh"
	boot_serve
	# From the tenth megabyte on the server has another version.
	httpd_fault 'etag="other" offset=10485760'
	boot busybox-stock-6.12 demo.erofs 0 '^demo: done' ip=dhcp rd.blob.insecure
	boot_has 'blobroot: http.*/demo.erofs: it was replaced on the server'
	boot_has '^demo: wrong: '
}

atf_init_test_cases() {
	over 'cachefiles fuse' readers_do_not_notice_that_the_engine_is_killed \
		the_kernels_fd_is_never_closed_while_a_mount_depends_on_it the_lease_is_renewed_after_the_switch writes_go_to_memory
	atf_add_test_case a_static_address_needs_no_DHCP
	atf_add_test_case the_servers_name_is_asked_of_the_leased_name_server
	atf_add_test_case a_root_without_an_overlay_is_read_only
	atf_add_test_case a_full_store_fails_new_reads_keeps_the_old_ones_and_the_host_ends
	over 'cachefiles fuse' a_host_that_cannot_read_what_its_end_needs_is_off_in_a_minute
	atf_add_test_case a_blob_that_is_replaced_in_mid_boot_is_never_mixed_with_the_old_one
}
