# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# What the real root must know about us: files below /run, which moves to the root, so the image need not change. Each
# has the documented format of the program that reads it.
#
# The interfaces that the root depends on (carry.sh) are already configured, and udhcpc keeps their leases: the real root's
# network managers are told to leave them alone, and the name servers are handed over. Each is named by its name, and
# nothing else: a VLAN on top of it and a bond that it is part of have the same hardware address.

# handover_make ROOT [IFACE..]: ROOT is the real root, mounted.
handover_make() {
	handover_root=$1 handover_run=$blob_prefix/run
	shift
	echo "$*" >"$handover_run/blobroot/carriers"
	home_give_resolv "$handover_root"
	handover_to_systemd
	handover_to_resolved
	for handover_iface; do
		carry_keep "$handover_iface"
		handover_to_networkd "$handover_iface"
		handover_to_networkmanager "$handover_iface"
		handover_to_ifupdown "$handover_iface"
		for handover_lower in $(carry_list_lower "$handover_iface"); do
			handover_name "$handover_lower"
			networkd_write "$handover_lower" '[Link]' 'Unmanaged=yes'
			handover_to_networkmanager "$handover_lower"
		done
	done
}

# A root with another init must not have /run/systemd/system: sd_booted(3) takes it as proof that systemd runs.
handover_to_systemd() {
	[ -x "$handover_root/usr/lib/systemd/systemd" ] || [ -x "$handover_root/lib/systemd/systemd" ] || return 0
	# systemd wants this module first, and an image without the kernel's modules does not have it.
	modprobe -q autofs4
	handover_units=$handover_run/systemd/system
	mkdir -p "$handover_units/sysinit.target.wants"
	cp "$blob_prefix/lib/blobroot/handover/blobroot.service" "$handover_units/"
	ln -sf ../blobroot.service "$handover_units/sysinit.target.wants/blobroot.service"
	# /run/initramfs is where systemd returns to at shutdown.
	cp "$blob_prefix/lib/blobroot/handover/adopt" "$blob_prefix/lib/blobroot/carry.sh" "$home_dir/bin/"
	cp "$blob_prefix/lib/blobroot/handover/shutdown" "$home_dir/"
	chmod 755 "$home_dir/bin/adopt" "$home_dir/shutdown"
	mkdir -p "$handover_run/initramfs"
	mount -o bind "$home_dir" "$handover_run/initramfs"
}

# A static configuration without addresses that keeps the existing ones, rather than Unmanaged=: so the interface
# counts as online, and systemd-networkd-wait-online does not wait for one that never comes up. What the image's own
# configuration puts on top of the interface (VLANs) stays.
handover_to_networkd() {
	handover_name "$1"
	networkd_write "$1" '[Network]' 'KeepConfiguration=yes' 'LinkLocalAddressing=no' 'IPv6AcceptRA=no' \
		"$(networkd_list_stacked "$handover_root" "$1")"
}

# The interface keeps its name: a service that uses it would lose it if the root's udev renamed it. Without NamePolicy=
# and Name= udev gives it no other one.
handover_name() {
	mkdir -p "$handover_run/systemd/network"
	printf '# blobroot: udhcpc knows the interface by this name\n[Match]\nOriginalName=%s\n[Link]\nDescription=blobroot\n' "$1" \
		>"$handover_run/systemd/network/00-blobroot-$1.link"
}

handover_to_resolved() {
	handover_servers=$(home_list_nameservers)
	handover_domains=$(home_list_domains)
	[ -n "$handover_servers$handover_domains" ] || return 0
	mkdir -p "$handover_run/systemd/resolved.conf.d"
	{
		printf '# blobroot: as leased when the host booted\n[Resolve]\n'
		[ -z "$handover_servers" ] || echo "DNS=$handover_servers"
		[ -z "$handover_domains" ] || echo "Domains=$handover_domains"
	} >"$handover_run/systemd/resolved.conf.d/blobroot.conf"
}

handover_to_networkmanager() {
	mkdir -p "$handover_run/NetworkManager/conf.d"
	printf '# blobroot: the root file system comes through this interface\n[keyfile]\nunmanaged-devices+=interface-name:%s\n' \
		"$1" >"$handover_run/NetworkManager/conf.d/00-blobroot-$1.conf"
}

# Tell ifupdown that it is up already. At shutdown ifupdown would take down what it considers its own.
handover_to_ifupdown() {
	[ -e "$handover_root/etc/network/interfaces" ] || return 0
	mkdir -p "$handover_run/network"
	# ifupdown 0.8 checks the second file, and lists the first.
	echo "$1=$1" >>"$handover_run/network/ifstate"
	echo "$1" >"$handover_run/network/ifstate.$1"
	[ -d "$handover_run/systemd/system" ] || return 0
	mkdir -p "$handover_run/systemd/system/networking.service.d"
	printf '# blobroot: the root file system comes through this network\n[Service]\nExecStop=\n' \
		>"$handover_run/systemd/system/networking.service.d/blobroot.conf"
}
