#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# hooks/dracut/55blobroot/interfaces.sh: whether another interface may lead to the server, and how long it is waited for.
# shellcheck disable=SC1091,SC2016,SC2034,SC2119 # text for other shells; variables and functions of fake.sh

top=$(cd "$(atf_get_srcdir)/../../.." && pwd)
. "$top/tests/initrd/fake.sh"

# tried IFACE..: these were up; waits SECONDS: so long may the server take.
tried() { printf '%s\n' "$@" >made/run/blobroot/tried; }
waits() {
	fake_run 0 ". '$top/hooks/dracut/55blobroot/interfaces.sh'
		modules_coldplug() { :; }
		interfaces_limit_contact
		echo \"\$daemon_contact\""
	atf_check -o inline:"$1\n" cat out
}

# made_of NAME LOWER..: a bond, a bridge or a VLAN.
made_of() {
	mkdir "made/sys/class/net/$1"
	echo 1 >"made/sys/class/net/$1/carrier"
	upper=$1
	shift
	for lower; do
		ln -s "../$lower" "made/sys/class/net/$upper/lower_$lower"
	done
}

# three_cards WORD..: eth0 and eth1 with a cable, eth2 without one.
three_cards() {
	fake_root "$@"
	for card in eth0:1 eth1:1 eth2:0; do
		fake_card "${card%:*}" "${card#*:}"
	done
}

atf_test_case a_card_with_a_cable_that_was_not_up_may_still_come
a_card_with_a_cable_that_was_not_up_may_still_come_body() {
	three_cards
	tried eth0
	waits 30
	tried eth0 eth1
	waits 120
}

atf_test_case a_card_without_a_cable_is_not_waited_for
a_card_without_a_cable_is_not_waited_for_body() {
	three_cards
	fake_card eth1 0
	tried eth0
	waits 120
}

# The carrier of a card that is down cannot be read.
atf_test_case a_card_that_is_down_is_waited_for_if_the_parameters_mean_it
a_card_that_is_down_is_waited_for_if_the_parameters_mean_it_body() {
	for words in '' ip=dhcp 'ip=eth0:dhcp ip=eth1:dhcp' 'ip=eth0:dhcp ip=eth1:dhcp6' ip=52-54-00-00-00-0b:dhcp; do
		three_cards "$words"
		fake_card eth1 ''
		echo 52:54:00:00:00:0b >made/sys/class/net/eth1/address
		tried eth0
		waits 30
	done
	for words in ip=eth0:dhcp 'ip=eth0:dhcp6 vlan=eth0.5:eth0'; do
		three_cards "$words"
		fake_card eth1 ''
		tried eth0
		waits 120
	done
}

atf_test_case what_a_bond_a_bridge_or_a_VLAN_is_made_of_was_tried_with_it
what_a_bond_a_bridge_or_a_VLAN_is_made_of_was_tried_with_it_body() {
	three_cards bond=bond0:eth0,eth1 vlan=bond0.5:bond0
	made_of bond0 eth0 eth1
	tried bond0
	waits 120
	made_of bond0.5 bond0
	tried bond0.5
	waits 120
	# One of them only.
	three_cards bridge=br0:eth0
	made_of br0 eth0
	tried br0
	waits 30
}

atf_test_case a_VLAN_that_the_parameters_name_may_come_after_its_card
a_VLAN_that_the_parameters_name_may_come_after_its_card_body() {
	three_cards vlan=eth0.5:eth0 ip=eth0:dhcp ip=eth0.5:dhcp ip=eth9:dhcp
	made_of eth0.5 eth0
	tried eth0
	waits 30
	tried eth0 eth0.5
	waits 30
	fake_card eth1 0
	waits 120
}

atf_test_case the_last_interface_waits_for_two_thirds_of_dracuts_time_and_never_for_ever
the_last_interface_waits_for_two_thirds_of_dracuts_time_and_never_for_ever_body() {
	for retry in 0:1 1:1 2:1 9:6 90:60 180:120 99999:66666 99999999:86400 :120; do
		three_cards rd.retry=5 "rd.retry=${retry%:*}"
		[ -n "${retry%:*}" ] || echo rd.retry= >made/proc/cmdline
		tried eth0 eth1
		waits "${retry#*:}"
	done
}

atf_init_test_cases() {
	atf_add_test_case a_card_with_a_cable_that_was_not_up_may_still_come
	atf_add_test_case a_card_without_a_cable_is_not_waited_for
	atf_add_test_case a_card_that_is_down_is_waited_for_if_the_parameters_mean_it
	atf_add_test_case what_a_bond_a_bridge_or_a_VLAN_is_made_of_was_tried_with_it
	atf_add_test_case a_VLAN_that_the_parameters_name_may_come_after_its_card
	atf_add_test_case the_last_interface_waits_for_two_thirds_of_dracuts_time_and_never_for_ever
}
