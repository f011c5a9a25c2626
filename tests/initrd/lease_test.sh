#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# initrd/lease-update, which udhcpc runs: addresses, routes and name servers of a lease.
# shellcheck disable=SC1091,SC2016,SC2034,SC2119 # text for other shells; variables and functions of fake.sh

top=$(atf_get_srcdir)
until [ -e "$top/initrd/mkinitrd" ]; do top=$top/..; done
busybox=$top/build/busybox

# lease EVENT NAME=VALUE..: run it as udhcpc does; what it would have done is in ./calls.
lease() {
	event=$1
	shift
	mkdir -p etc bin
	cp "$top/initrd/lib/resolv.sh" bin/
	rm -f linked
	: >calls
	: >said
	atf_check env BLOBROOT_HOME=. interface=eth0 "$@" "$busybox" sh -c '
		# Through 10.9.9.1 only once there is a route to it.
		ip() {
			echo "ip $*" >>calls
			case $* in
			*" via 10.9.9.1 "*) [ -e linked ] ;;
			*" 10.9.9.1 dev "*) : >linked ;;
			esac
		}
		hostname() { [ $# -eq 0 ] && echo "(none)" || echo "hostname $*" >>calls; }
		exec 9>>said
		. "$0"' "$top/initrd/lease-update" "$event"
}

called() { atf_check -o inline:"$1" cat calls; }

atf_test_case the_first_lease_sets_all
the_first_lease_sets_all_body() {
	lease bound ip=10.0.2.15 mask=24 router='10.0.2.2 10.0.2.1' dns='10.0.2.3 10.0.2.4' domain=lan hostname=h mtu=1400
	called 'ip addr add 10.0.2.15/24 broadcast + dev eth0\nip link set eth0 mtu 1400\nip route replace 0.0.0.0/0 via 10.0.2.2 dev eth0\nhostname h\n'
	atf_check -o inline:'search lan\nnameserver 10.0.2.3\nnameserver 10.0.2.4\n' cat etc/resolv.conf
}

atf_test_case the_same_lease_again_takes_any_end_from_the_address
the_same_lease_again_takes_any_end_from_the_address_body() {
	lease bound ip=10.0.2.15 mask=24 router=10.0.2.2 dns=10.0.2.3
	lease renew ip=10.0.2.15 mask=24 router=10.0.2.2 dns=10.0.2.9 hostname=h
	called 'ip addr replace 10.0.2.15/24 broadcast + dev eth0\nip route replace 0.0.0.0/0 via 10.0.2.2 dev eth0\n'
	atf_check -o inline:'nameserver 10.0.2.9\n' cat etc/resolv.conf
}

# In the order in which the new address cannot go with the old one.
atf_test_case another_address_replaces_the_first
another_address_replaces_the_first_body() {
	lease bound ip=10.0.2.15 mask=24 router=10.0.2.2 dns=10.0.2.3
	lease renew ip=10.0.2.99 mask=24 router=10.0.2.2 dns=10.0.2.3
	called 'ip addr del 10.0.2.15/24 dev eth0\nip addr add 10.0.2.99/24 broadcast + dev eth0\nip route replace 0.0.0.0/0 via 10.0.2.2 dev eth0\n'
}

# But not the last ones: a server that forgets them must not cut the host off from its root.
atf_test_case routes_that_a_lease_no_longer_names_go
routes_that_a_lease_no_longer_names_go_body() {
	lease bound ip=10.0.2.15 mask=24 staticroutes='10.5.0.0/16 10.0.2.2 10.6.0.0/16 0.0.0.0 0.0.0.0/0 10.9.9.1'
	lease renew ip=10.0.2.15 mask=24 staticroutes='10.5.0.0/16 10.0.2.3 0.0.0.0/0 10.0.2.2'
	replace='ip addr replace 10.0.2.15/24 broadcast + dev eth0\n'
	called "${replace}ip route replace 10.5.0.0/16 via 10.0.2.3 dev eth0\nip route replace 0.0.0.0/0 via 10.0.2.2 dev eth0\n$(:
		)ip route del 10.5.0.0/16 via 10.0.2.2 dev eth0\nip route del 10.6.0.0/16 dev eth0\nip route del 10.9.9.1 dev eth0\n$(:
		)ip route del 0.0.0.0/0 via 10.9.9.1 dev eth0\n"
	lease renew ip=10.0.2.15 mask=24
	called "$replace"
	lease renew ip=10.0.2.15 mask=24 router=10.0.2.2
	called "${replace}ip route replace 0.0.0.0/0 via 10.0.2.2 dev eth0\nip route del 10.5.0.0/16 via 10.0.2.3 dev eth0\n"
}

atf_test_case a_lease_that_ran_out_keeps_the_address
a_lease_that_ran_out_keeps_the_address_body() {
	lease bound ip=10.0.2.15 mask=24 router=10.0.2.2 dns=10.0.2.3
	for event in deconfig leasefail nak; do
		lease $event
		called ''
	done
	atf_check -o inline:'nameserver 10.0.2.3\n' cat etc/resolv.conf
}

atf_test_case name_servers_given_by_hand_come_first
name_servers_given_by_hand_come_first_body() {
	mkdir -p etc/resolv
	echo nameserver 9.9.9.9 >etc/resolv/parameters
	echo parameters >etc/resolv/.order
	lease bound ip=10.0.2.15 mask=24 dns=10.0.2.3 search='a b' domain=lan
	atf_check -o inline:'search a b\nnameserver 9.9.9.9\nnameserver 10.0.2.3\n' cat etc/resolv.conf
}

atf_test_case classless_routes_replace_the_router
classless_routes_replace_the_router_body() {
	lease bound ip=10.0.2.15 mask=24 router=10.0.2.2 staticroutes='0.0.0.0/0 10.0.2.1 10.8.0.0/16 0.0.0.0'
	called 'ip addr add 10.0.2.15/24 broadcast + dev eth0\nip route replace 0.0.0.0/0 via 10.0.2.1 dev eth0\nip route replace 10.8.0.0/16 dev eth0\n'
}

atf_test_case a_gateway_outside_the_prefix_gets_a_route
a_gateway_outside_the_prefix_gets_a_route_body() {
	lease bound ip=10.0.2.15 mask=32 staticroutes='0.0.0.0/0 10.9.9.1'
	called 'ip addr add 10.0.2.15/32 broadcast + dev eth0\nip route replace 0.0.0.0/0 via 10.9.9.1 dev eth0\nip route replace 10.9.9.1 dev eth0\nip route replace 0.0.0.0/0 via 10.9.9.1 dev eth0\n'
}

# refuses OPTION VALUE: nothing of VALUE is used, and a line says so; once, although each renewal brings it again.
refuses() {
	rm -rf etc
	lease bound ip=10.0.2.15 mask=24 "$1=$2"
	atf_check -o inline:"<3>blobroot: network: eth0: the lease's $1 is refused: it has characters that do not belong there\n" cat said
	called "${3-ip addr add 10.0.2.15/24 broadcast + dev eth0\n}"
	atf_check -o empty cat etc/resolv.conf
	lease renew ip=10.0.2.15 mask=24 "$1=$2"
	atf_check -o empty cat said
}

atf_test_case what_does_not_belong_into_an_option_is_refused
what_does_not_belong_into_an_option_is_refused_body() {
	line='
nameserver 6.6.6.6
options debug'
	for text in "lan$line" 'lan;x' 'l$(reboot)n' 'lan*' "$(printf 'lan\001')" -Fx; do
		refuses search "$text"
		refuses domain "$text"
		refuses hostname "$text"
	done
	refuses domain 'lan nameserver'
	refuses hostname 'host options'
	for option in dns router staticroutes broadcast mtu; do
		refuses $option "10.0.2.2$line"
		refuses $option '10.0.2.2 via eth1'
	done
	refuses mask "24 dev eth1" 'ip addr add 10.0.2.15/32 broadcast + dev eth0\n'
	# Without an address there is no lease.
	rm -r etc
	lease bound ip='10.0.2.15 peer 10.0.2.1' mask=24 router=10.0.2.2
	called ''
}

atf_init_test_cases() {
	atf_add_test_case the_first_lease_sets_all
	atf_add_test_case the_same_lease_again_takes_any_end_from_the_address
	atf_add_test_case another_address_replaces_the_first
	atf_add_test_case routes_that_a_lease_no_longer_names_go
	atf_add_test_case a_lease_that_ran_out_keeps_the_address
	atf_add_test_case name_servers_given_by_hand_come_first
	atf_add_test_case classless_routes_replace_the_router
	atf_add_test_case a_gateway_outside_the_prefix_gets_a_route
	atf_add_test_case what_does_not_belong_into_an_option_is_refused
}
