#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# Debian 13's systemd-networkd with what initrd/lib/handover.sh leaves for it, beside an image's own files that want every
# interface: in a network namespace, with the program of dracut's initramfs. A bridge stands for a bond: both have cards.
# shellcheck disable=SC1091,SC2016,SC2154 # functions and variables of dracut.sh; text for another shell

top=$(cd "$(atf_get_srcdir)/../../.." && pwd)
. "$top/tests/support/dracut.sh"

# What runs there: the interfaces, our files, the image's files, then networkd until it has decided about all of them.
inside='set -u
	ip link add br0 type bridge && ip link add eth1 type veth peer name far1 && ip link add eth2 type veth peer name far2 || exit 2
	ip link add eth0 type veth peer name far0 || exit 2
	for iface in far0 far1 far2 eth0 br0; do ip link set "$iface" up; done
	for iface in eth1 eth2; do ip link set "$iface" master br0 up; done
	ip addr add 10.0.0.2/24 dev eth0
	ip addr add 10.0.1.2/24 dev br0
	ip route add default via 10.0.1.1
	blob_prefix=$PWD/root
	for part in "$top"/initrd/lib/*.sh; do . "$part"; done
	for iface in eth0 eth1 eth2 br0; do mkdir -p "$blob_prefix/sys/class/net/$iface"; done
	for iface in eth1 eth2; do : >"$blob_prefix/sys/class/net/br0/lower_$iface"; done
	handover_make "$PWD/tree" eth0 br0
	mount -t proc proc tree/proc
	mount -t sysfs -o ro sysfs tree/sys
	mount --bind root/run tree/run
	mkdir -p tree/run/systemd/netif
	chown "$(awk -F: "/^systemd-network:/ { print \$3 \":\" \$4 }" tree/etc/passwd)" tree/run/systemd/netif
	chroot tree /usr/lib/systemd/systemd-networkd >networkd.log 2>&1 &
	networkd=$!
	state() { sed -n "s/^ADMIN_STATE=//p" "tree/run/systemd/netif/links/$(ip -o link show "$1" | sed "s/:.*//")" 2>/dev/null; }
	# "failed": a kernel without VLANs.
	until [ "$(state eth0 | sed s/failed/configured/)$(state br0)$(state eth1)$(state eth2)" = configuredconfiguredunmanagedunmanaged ]; do
		kill -0 $networkd || exit 3
		sleep 0.2
	done
	ip -o addr; ip -o link; ip route
	kill $networkd; wait $networkd
	echo stopped; ip -o addr; ip -o link; ip route'

atf_test_case what_carries_the_root_stays_whatever_the_image_wants
what_carries_the_root_stays_whatever_the_image_wants_body() {
	dracut_unpack dracut-6.12
	rm -f tree/etc/systemd/network/* tree/usr/lib/systemd/network/*
	mkdir -p tree/etc/systemd/network root/run/blobroot/home/etc root/dev
	: >root/run/blobroot/home/etc/resolv.conf
	printf '[Match]\nName=eth0\n[Network]\nDHCP=yes\nVLAN=vlan5\n' >tree/etc/systemd/network/20-eth0.network
	printf '[NetDev]\nName=vlan5\nKind=vlan\n[VLAN]\nId=5\n' >tree/etc/systemd/network/20-vlan5.netdev
	printf '[Match]\nName=*\n[Network]\nDHCP=yes\n' >tree/etc/systemd/network/90-all.network
	echo "$inside" >inside
	"$top/images/as-root" unshare --net --mount --pid --fork --kill-child env -i PATH="$PATH" top="$top" sh inside >out 2>&1 </dev/null ||
		atf_fail "it ended with $?: $(tail -n 1 out) $(tail -n 1 networkd.log)"
	for when in '1,/^stopped/p' '/^stopped/,$p'; do
		sed -n "$when" out >lines
		for has in ' eth0 *inet 10.0.0.2/24' ' br0 *inet 10.0.1.2/24' ' eth1@.* master br0 ' ' eth2@.* master br0 ' '^default via 10.0.1.1 dev br0'; do
			grep -qE -e "$has" lines || atf_fail "no '$has' in: $(tr '\n' ' ' <lines)"
		done
	done
	# Or it has tried.
	grep -q ' vlan5@eth0: ' out || atf_check -o ignore grep 'vlan5: .*Operation not supported' networkd.log
}

# As dracut's networkd has it from a router, and then as the root's networkd leaves it, whose image wants IPv6 as well.
inside_routed='set -u
	# The process ID is said from inside the new namespace: before that, the process is still in this one.
	far=$(unshare --net sh -c "echo \$\$; exec sleep 1000 >/dev/null" &)
	there() { nsenter -t $far -n "$@"; }
	ip link add eth0 type veth peer name far0 || exit 2
	ip link set far0 netns $far && there ip link set far0 up || exit 2
	there ip addr add 2001:db8::1/64 dev far0 nodad
	# A router: else its neighbours would soon know that it is none.
	there sh -c "echo 1 >/proc/sys/net/ipv6/conf/all/forwarding" || exit 2
	printf "%s\\n" interface=far0 bind-dynamic enable-ra ra-param=far0,4,600 "dhcp-range=2001:db8::,ra-only,64,30m" >dnsmasq.conf
	there env PATH="$PATH:/usr/sbin" dnsmasq -k --user= --group= --pid-file= --no-resolv --no-hosts --conf-file=dnsmasq.conf \
		--log-facility="$PWD/dnsmasq.log" &
	router=$!
	blob_prefix=$PWD/root
	for part in "$top"/initrd/lib/*.sh; do . "$part"; done
	mkdir -p "$blob_prefix/sys/class/net/eth0"
	mount -t proc proc tree/proc
	mount -t sysfs -o ro sysfs tree/sys
	mount --bind root/run tree/run
	mkdir -p tree/run/systemd/netif
	chown "$(awk -F: "/^systemd-network:/ { print \$3 \":\" \$4 }" tree/etc/passwd)" tree/run/systemd/netif
	networkd() { chroot tree /usr/lib/systemd/systemd-networkd >>networkd.log 2>&1 & networkd=$!; }
	is_dynamic() { ip -o -6 addr show dev eth0 scope global | grep -v tentative | grep -q " dynamic "; }
	has_default() { ip -6 route show default | grep -q expires; }
	until_it() { until "$@"; do kill -0 $networkd && kill -0 $router || exit 3; sleep 0.2; done; }
	ip() { "$top/build/busybox" ip "$@"; }
	networkd
	until_it is_dynamic
	until_it has_default
	echo "announced: $(announced_list_dracut)"
	echo "link: $(command ip -o link show eth0 | sed "s/:.*//") $(there ip -o -6 addr show dev far0 scope link | sed "s,.*inet6 \([^/]*\)/.*,\1,")"
	carry_keep eth0
	# The router says it again.
	until_it is_dynamic
	kill $networkd
	wait $networkd
	carry_keep eth0
	echo eth0 >"$blob_prefix/run/blobroot/carriers"
	handover_make "$PWD/tree" eth0
	rm tree/etc/systemd/network/20-dracut.network
	printf "[Match]\\nName=*\\n[Network]\\nDHCP=yes\\n" >tree/etc/systemd/network/90-all.network
	rm -rf tree/run/systemd/netif/links
	networkd
	is_done() { grep -qs ADMIN_STATE=configured tree/run/systemd/netif/links/*; }
	until_it is_done
	command ip -o -6 addr show dev eth0
	command ip -6 route show dev eth0
	kill $networkd $router $far'

atf_test_case what_a_router_has_announced_stays_and_does_not_end
what_a_router_has_announced_stays_and_does_not_end_body() {
	dracut_unpack dracut-6.12
	rm -f tree/etc/systemd/network/* tree/usr/lib/systemd/network/* tree/etc/machine-id
	mkdir -p tree/etc/systemd/network root/run/blobroot/home/etc root/dev
	: >root/run/blobroot/home/etc/resolv.conf
	echo 0123456789abcdef0123456789abcdef >tree/etc/machine-id
	printf '[Match]\nName=eth0\n[Network]\nDHCP=no\nLinkLocalAddressing=ipv6\nIPv6AcceptRA=yes\n' >tree/etc/systemd/network/20-dracut.network
	echo "$inside_routed" >inside
	"$top/images/as-root" unshare --net --mount --pid --mount-proc --fork --kill-child env -i PATH="$PATH" top="$top" sh inside \
		>out 2>&1 </dev/null || atf_fail "it ended with $?: $(tail -n 1 out) $(tail -n 1 networkd.log)"
	for has in ' inet6 2001:db8::[^ ]* scope global .*valid_lft forever' ' inet6 fe80::' '^2001:db8::/64 (metric|proto kernel metric) [0-9]+ pref' \
		'^default via fe80::[^ ]* metric 4096 '; do
		grep -qE -e "$has" out || atf_fail "no '$has' in: $(tr '\n' ' ' <out)"
	done
	# dnsmasq names itself, by its address on the link.
	link=$(sed -n 's/^link: //p' out)
	atf_check -o inline:"announced: nameserver ${link#* }%${link% *}\n" grep announced: out
}

atf_init_test_cases() {
	atf_add_test_case what_a_router_has_announced_stays_and_does_not_end
	atf_add_test_case what_carries_the_root_stays_whatever_the_image_wants
}
