#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# initrd/lib/handover.sh and initrd/handover/adopt: what the real root is told of the interface and of the daemon.
# shellcheck disable=SC1091,SC2016,SC2034,SC2119 # text for other shells; variables and functions of fake.sh

top=$(atf_get_srcdir)
until [ -e "$top/initrd/mkinitrd" ]; do top=$top/..; done
. "$top/tests/initrd/fake.sh"
. "$top/tests/initrd/host.sh"

atf_test_case who_configures_networks_leaves_the_interface_alone
who_configures_networks_leaves_the_interface_alone_body() {
	host
	mkdir -p made/sysroot/etc/network
	: >made/sysroot/etc/network/interfaces
	hand_over
	has systemd/network/00-blobroot-eth0.network 'Name=eth0'
	has systemd/network/00-blobroot-eth0.network 'KeepConfiguration=yes'
	has systemd/network/00-blobroot-eth0.link 'OriginalName=eth0'
	has NetworkManager/conf.d/00-blobroot-eth0.conf 'unmanaged-devices+=interface-name:eth0'
	# `ifdown -a` passes over what its own file does not configure.
	has network/ifstate 'eth0=blobroot'
	has network/ifstate.eth0 blobroot
}

atf_test_case resolved_gets_name_servers_and_search_domains
resolved_gets_name_servers_and_search_domains_body() {
	host
	hand_over
	atf_check -o inline:'# blobroot: as leased when the host booted\n[Resolve]\nDNS=10.0.2.3 10.0.2.4\nDomains=lan example.org\n' \
		cat root/run/systemd/resolved.conf.d/blobroot.conf
	echo search lan >made/run/blobroot/home/etc/resolv.conf
	hand_over
	atf_check -o match:'^Domains=lan$' -o not-match:DNS cat root/run/systemd/resolved.conf.d/blobroot.conf
	: >made/run/blobroot/home/etc/resolv.conf
	hand_over
	atf_check test ! -e root/run/systemd/resolved.conf.d
}

atf_test_case a_root_without_systemd_is_not_taken_for_one_with_it
a_root_without_systemd_is_not_taken_for_one_with_it_body() {
	host
	hand_over
	atf_check test ! -e root/run/systemd/system
	atf_check test ! -e root/run/initramfs
	atf_check test ! -e root/run/network
}

atf_test_case systemd_gets_a_unit_and_a_program_for_the_end
systemd_gets_a_unit_and_a_program_for_the_end_body() {
	host
	root_with_systemd
	mkdir -p made/sysroot/etc/network
	: >made/sysroot/etc/network/interfaces
	hand_over
	has systemd/system.attached/blobroot.service 'PIDFile=/run/blobroot/keeper.pid'
	atf_check -o inline:'../blobroot.service\n' readlink root/run/systemd/system.attached/sysinit.target.wants/blobroot.service
	has systemd/system.attached/networking.service.d/blobroot.conf 'ExecStop='
	# With another init, every init script would believe that systemd runs.
	atf_check test ! -e root/run/systemd/system
	atf_check test -x root/run/blobroot/home/shutdown
	fake_called "mount -o bind $PWD/root/run/blobroot/home $PWD/root/run/initramfs"
}

# adopt STATUS: with a process table of a keeper, an engine and a DHCP client.
adopt() {
	fake_root
	mkdir -p made/proc/self made/proc/77/task/77 made/sys/fs/cgroup/system.slice/blobroot.service made/run/blobroot/home
	echo 0::/system.slice/blobroot.service >made/proc/self/cgroup
	echo '78 79 ' >made/proc/77/task/77/children
	echo 77 >made/run/blobroot/keeper.pid
	echo 80 >made/run/blobroot/home/udhcpc.eth0.pid
	: >made/sys/fs/cgroup/system.slice/blobroot.service/cgroup.procs
	mkdir made/run/blobroot/home/bin
	echo 'carry_keep() { echo "keeps $1"; }' >made/run/blobroot/home/bin/carry.sh
	echo eth0 bond0.5 >made/run/blobroot/carriers
	eval "$2"
	# A cgroup file takes a process at each write; a plain one shows the last.
	sed 's/>"\$procs"/>>"$procs"/' "$top/initrd/handover/adopt" | sed '/^PATH=/d' >script
	# Whatever else there is to do, or cannot be done: the host needs its addresses.
	atf_check -s exit:"$1" -e ignore -o inline:'keeps eth0\nkeeps bond0.5\n' env blob_prefix=made sh script
}

atf_test_case all_that_came_along_moves_into_the_units_control_group
all_that_came_along_moves_into_the_units_control_group_body() {
	adopt 0 :
	atf_check -o inline:'77\n78\n79\n80\n' cat made/sys/fs/cgroup/system.slice/blobroot.service/cgroup.procs
}

atf_test_case without_a_unified_hierarchy_nothing_moves
without_a_unified_hierarchy_nothing_moves_body() {
	adopt 0 'echo 1:name=systemd:/x >made/proc/self/cgroup'
	atf_check -o empty cat made/sys/fs/cgroup/system.slice/blobroot.service/cgroup.procs
}

atf_test_case without_a_keeper_the_unit_fails
without_a_keeper_the_unit_fails_body() {
	adopt 1 "rm made/run/blobroot/keeper.pid"
}

atf_test_case without_a_control_group_to_write_to_the_unit_goes_on
without_a_control_group_to_write_to_the_unit_goes_on_body() {
	adopt 0 "rm made/sys/fs/cgroup/system.slice/blobroot.service/cgroup.procs"
}

atf_init_test_cases() {
	atf_add_test_case who_configures_networks_leaves_the_interface_alone
	atf_add_test_case resolved_gets_name_servers_and_search_domains
	atf_add_test_case a_root_without_systemd_is_not_taken_for_one_with_it
	atf_add_test_case systemd_gets_a_unit_and_a_program_for_the_end
	atf_add_test_case all_that_came_along_moves_into_the_units_control_group
	atf_add_test_case without_a_unified_hierarchy_nothing_moves
	atf_add_test_case without_a_control_group_to_write_to_the_unit_goes_on
	atf_add_test_case without_a_keeper_the_unit_fails
}
