#!/usr/bin/env atf-sh
# shellcheck shell=sh
# shellcheck source=tests/support/hosts.sh
# SPDX-License-Identifier: MIT
#
# The main job: a host without a disk comes up from an image on a web server.
# shellcheck disable=SC2154 # what boot.sh sets

support=$(cd "$(atf_get_srcdir)/../support" && pwd)
# shellcheck source=tests/support/over.sh
. "$support/over.sh"

a_host_without_a_disk_boots_the_demo_root_with_every_checksum_right_body() {
	. "$support/hosts.sh"
	turn_shared host_that_reads_all
	boot_has "blobroot: root is up: transport=$over_transport fetched=[0-9]+ requests=[0-9]+ seconds=[0-9]+\.[0-9]+\$"
	boot_has '^demo: all checksums right'
	# What systemd would spare, what the OOM killer must spare, what no swap may take; 8 MB at the most.
	boot_has '^PROCESS keeper oom=-1000 locked=1 noio=1 '
	boot_has '^PROCESS engine oom=-1000 locked=1 noio=1 resident=([0-9]{1,3}|[1-7][0-9]{3})$'
	boot_has '^PROCESS @/udhcpc '
	# Far fewer requests on the wire than files, and next to nothing twice.
	atf_check test "$(wc -l <log)" -lt 300
}

atf_test_case quiet_keeps_the_kernel_quiet_and_says_each_fact_once
quiet_keeps_the_kernel_quiet_and_says_each_fact_once_body() {
	. "$support/hosts.sh"
	turn_shared host_set_by_hand
	atf_check -o inline:"1\n" grep -ac 'blobroot: root is up:' console
	atf_check -o inline:"1\n" grep -ac 'blobroot: image: rd.blob.insecure' console
}

atf_test_case any_web_server_with_ranges_will_do
any_web_server_with_ranges_will_do_body() {
	. "$support/hosts.sh"
	turn_shared host_of_a_named_nginx
	boot_has '^demo: all checksums right'
}

atf_test_case a_real_machine_boots_the_generic_kernel_with_an_e1000e_card
a_real_machine_boots_the_generic_kernel_with_an_e1000e_card_body() {
	. "$support/hosts.sh"
	turn_shared host_of_a_named_nginx
	boot_has '^demo: all checksums right'
	boot_has 'root is up: transport=cachefiles'
}

atf_init_test_cases() {
	over 'cachefiles fuse fuse_on_7_3' a_host_without_a_disk_boots_the_demo_root_with_every_checksum_right
	atf_add_test_case quiet_keeps_the_kernel_quiet_and_says_each_fact_once
	atf_add_test_case any_web_server_with_ranges_will_do
	atf_add_test_case a_real_machine_boots_the_generic_kernel_with_an_e1000e_card
}
