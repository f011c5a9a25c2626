#!/usr/bin/env atf-sh
# shellcheck shell=sh
# shellcheck source=tests/support/debian_root.sh
# SPDX-License-Identifier: MIT
#
# An unmodified Debian 13 root, from power-on to the end of the host. Few boots, because each takes minutes under
# emulation, and many promises in each; what depends on the transport alone is shown once over each.
# shellcheck disable=SC2016,SC2154 # text for another shell; what lan.sh sets

support=$(cd "$(atf_get_srcdir)/../support" && pwd)

atf_test_case a_host_powers_on_to_debian_13_whose_root_stays_until_it_is_powered_off_without_a_server
a_host_powers_on_to_debian_13_whose_root_stays_until_it_is_powered_off_without_a_server_body() {
	. "$support/debian_root.sh"
	debian_lan dracut-6.12
	debian_start --firmware bios
	lan_served boot.ipxe vmlinuz initrd.img
	atf_check -o inline:'running\n' cat state
	debian_has active 'systemctl is-active multi-user.target'
	debian_comes_out_right
	debian_root_is_written_and_read
	debian_idles 30
	debian_network_is_left_alone
	debian_daemon_cannot_be_lost
	debian_loses_its_server
	debian_ends poweroff 85
	debian_end_is_clean ram0
}

atf_test_case with_a_stock_kernel_nothing_that_covers_or_unmounts_the_root_takes_it_away
with_a_stock_kernel_nothing_that_covers_or_unmounts_the_root_takes_it_away_body() {
	. "$support/debian_root.sh"
	debian_lan dracut-stock-6.12
	debian_direct ''
	atf_check -o inline:'running\n' cat state
	debian_comes_out_right
	debian_root_is_written_and_read
	debian_runs_containers_of_an_extension
	debian_is_unmounted
	debian_loses_its_server
	debian_ends poweroff 85
	debian_end_is_clean
}

atf_test_case with_a_stock_7_3_the_root_outlives_suspend_and_a_soft_reboot_and_kexec_ends_it_without_a_server
with_a_stock_7_3_the_root_outlives_suspend_and_a_soft_reboot_and_kexec_ends_it_without_a_server_body() {
	. "$support/debian_root.sh"
	debian_lan dracut-7.3
	debian_direct ''
	atf_check -o inline:'running\n' cat state
	debian_is_suspended
	debian_reboots_softly
	atf_check -o inline:'running\n' cat state
	debian_comes_out_right
	debian_loads_a_kernel
	debian_loses_its_server
	debian_ends_by_kexec
	debian_end_is_clean
}

# As anybody tests a root of his own, without a LAN.
atf_test_case qemu_boot_says_that_it_runs_and_hands_out_its_journal
qemu_boot_says_that_it_runs_and_hands_out_its_journal_body() {
	. "$support/boots.sh"
	boots 0 "$boots_top/build/images/debian.erofs" --run 'systemctl is-system-running --wait; systemctl is-active ssh.service' \
		--timeout 1500 --cpus 1 --journal journal.json --copy-out /etc/os-release
	atf_check -o inline:'running\nactive\n' cat out
	atf_check cat err
	atf_check -o ignore grep '^ID=debian' os-release
	atf_check -o ignore grep "\"MESSAGE\":\"Startup finished in " journal.json
	boots_left_nothing
}

atf_init_test_cases() {
	atf_add_test_case a_host_powers_on_to_debian_13_whose_root_stays_until_it_is_powered_off_without_a_server
	atf_add_test_case with_a_stock_kernel_nothing_that_covers_or_unmounts_the_root_takes_it_away
	atf_add_test_case with_a_stock_7_3_the_root_outlives_suspend_and_a_soft_reboot_and_kexec_ends_it_without_a_server
	atf_add_test_case qemu_boot_says_that_it_runs_and_hands_out_its_journal
}
