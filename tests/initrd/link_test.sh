#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# initrd/lib/{net,link}.sh: a host waits for its network, and for how long.
# shellcheck disable=SC1091,SC2016,SC2034,SC2119 # text for other shells; variables and functions of fake.sh

top=$(atf_get_srcdir)
until [ -e "$top/initrd/mkinitrd" ]; do top=$top/..; done
. "$top/tests/initrd/fake.sh"

# Each time udhcpc is asked, `asked` says how often that was.
count='asked() { echo >>"$blob_prefix/asked"; grep -c ^ "$blob_prefix/asked"; }'

atf_test_case a_DHCP_server_is_waited_for
a_DHCP_server_is_waited_for_body() {
	fake_machine quiet
	fake_run 0 "$fake_calm; $count
		wait_until() { wait_seconds=\$1; shift; until \"\$@\"; do [ \$wait_seconds -eq 0 ] || return; done; }
		chroot() { called chroot \"\$@\"; [ \$(asked) -eq 9 ]; }
		net_up"
	fake_said '<5>blobroot: network: eth1: 10.0.2.7/24 by dhcp, DNS none'
	atf_check -o inline:'9\n' grep -c '^chroot.* -i eth1 ' root/calls
}

atf_test_case no_answer_in_the_time_given_ends_the_boot
no_answer_in_the_time_given_ends_the_boot_body() {
	fake_machine rd.net.timeout.dhcp=7
	fake_card eth0 1
	fake_run 1 "$fake_calm
		chroot() { called chroot \"\$@\"; return 1; }
		net_up"
	# So long, and no longer, is each card asked.
	atf_check -o inline:'2\n' grep -c '^chroot.* -t 3 ' root/calls
	fake_said '<3>blobroot: boot failed: network: eth0 eth1: no DHCP server answered in 7 s'
	for wrong in x -1 08 1234567890; do
		fake_machine "rd.net.timeout.dhcp=$wrong"
		fake_run 1 "$fake_calm
			net_up"
		fake_said "<3>blobroot: boot failed: network: rd.net.timeout.dhcp=$wrong: not a number of seconds"
	done
}

atf_test_case a_cable_that_is_moved_and_a_card_that_comes_late_are_found
a_cable_that_is_moved_and_a_card_that_comes_late_are_found_body() {
	fake_machine quiet
	rm -r made/sys/class/net/eth1
	patient='wait_until() { shift; until "$@"; do :; done; }'
	# No link on the only card, and after a while another one.
	fake_run 0 "$fake_calm; $count; $patient
		modules_coldplug() {
			[ \$(asked) -eq 3 ] || return 0
			mkdir -p \"\$blob_prefix/sys/class/net/eth1/device\"
			echo 1 >\"\$blob_prefix/sys/class/net/eth1/carrier\"
		}
		net_up"
	fake_called 'ip link set eth1 up'
	fake_said '<5>blobroot: network: eth1: 10.0.2.7/24 by dhcp, DNS none'
	# A link where nobody answers, until a card that was there has one too, or one comes.
	for before in 'echo 0' 'rm -r ../eth1'; do
		fake_machine quiet
		fake_card eth0 1
		fake_card eth1 0
		(cd made/sys/class/net/eth1 && $before >carrier)
		fake_run 0 "$fake_calm; $count; $patient
			chroot() {
				called chroot \"\$@\"
				if [ \$(asked) -eq 3 ]; then
					mkdir -p \"\$blob_prefix/sys/class/net/eth1/device\"
					echo 1 >\"\$blob_prefix/sys/class/net/eth1/carrier\"
				fi
				[ \"\$4\" = eth1 ]
			}
			net_up"
		fake_said '<5>blobroot: network: eth1: 10.0.2.7/24 by dhcp, DNS none'
	done
}

# What waits for the network may find that it cannot: a shell then has its console for itself.
atf_test_case a_failure_while_it_waits_ends_the_heartbeat
a_failure_while_it_waits_ends_the_heartbeat_body() {
	fake_machine ip=eth1:dhcp:1400 rd.shell
	fake_run 1 "$fake_calm
		ip() { [ \"\$4\" != mtu ]; }
		setsid() { called setsid heart=\$log_heart; }
		net_up"
	fake_said '<3>blobroot: boot failed: network: eth1: refuses an MTU of 1400'
	fake_called 'setsid heart='
}

atf_test_case what_each_card_lacks_is_listed
what_each_card_lacks_is_listed_body() {
	fake_machine quiet
	fake_card eth2 1
	fake_card eth3 ''
	fake_run 0 'ip() { [ "$5" != eth1 ] || echo "3: eth1 inet 10.0.2.7/24 scope global"; }
		modules_coldplug() { :; }
		link_find ""
		link_list'
	atf_check -o inline:'eth0 (no link), eth1, eth2 (no address), eth3 (down)\n' cat out
}

# A virtual machine is here so early. 0.08 is no number of a shell's.
atf_test_case it_is_waited_for_in_the_first_second_of_the_kernel_as_later
it_is_waited_for_in_the_first_second_of_the_kernel_as_later_body() {
	for times in '0.08 1.07 1.08' '0.77 1.76 1.77' '8.09 9.08 9.09' '100.00 100.99 101.00'; do
		fake_root
		fake_run 0 "set -- $times"'
			wait_clock=$blob_prefix/clock
			echo "$1 0.00" >"$wait_clock"
			look() { echo "$1"; echo "$1 0.00" >"$wait_clock"; time=$2; false; }
			time=$2
			wait_until 1 eval look "\$time" "$3" || echo over'
		atf_check -o inline:"$(echo "$times over" | cut -d ' ' -f 2- | tr ' ' '\n')\n" cat out
	done
}

atf_init_test_cases() {
	atf_add_test_case it_is_waited_for_in_the_first_second_of_the_kernel_as_later
	atf_add_test_case a_DHCP_server_is_waited_for
	atf_add_test_case what_each_card_lacks_is_listed
	atf_add_test_case no_answer_in_the_time_given_ends_the_boot
	atf_add_test_case a_failure_while_it_waits_ends_the_heartbeat
	atf_add_test_case a_cable_that_is_moved_and_a_card_that_comes_late_are_found
}
