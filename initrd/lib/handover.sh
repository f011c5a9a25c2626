# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# What the real root must know about us: files below /run, which moves to the root, so the image need not change. Each
# has the documented format of the program that reads it.
#
# The interface that the root depends on is already configured, and udhcpc keeps its lease: the real root's network
# managers are told to leave it alone, and the name servers are handed over.

# handover_make ROOT [IFACE]: ROOT is the real root, mounted.
handover_make() {
	handover_root=$1 handover_iface=$2 handover_run=$blob_prefix/run
	handover_mac=''
	# Without an interface of our own (ip=off) there is nothing to leave alone.
	[ -z "$2" ] || read -r handover_mac 2>/dev/null <"$blob_prefix/sys/class/net/$2/address"
	home_give_resolv "$1"
	handover_to_systemd
	[ -n "$handover_mac" ] || return 0
	handover_to_networkd
	handover_to_networkmanager
	handover_to_ifupdown
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
	cp "$blob_prefix/lib/blobroot/handover/adopt" "$home_dir/bin/"
	cp "$blob_prefix/lib/blobroot/handover/shutdown" "$home_dir/"
	chmod 755 "$home_dir/bin/adopt" "$home_dir/shutdown"
	mkdir -p "$handover_run/initramfs"
	mount -o bind "$home_dir" "$handover_run/initramfs"
}

# A static configuration without addresses that keeps the existing ones, rather than Unmanaged=: so the interface
# counts as online, and systemd-networkd-wait-online does not wait for one that never comes up. The interface keeps
# its name: a service that uses it would lose it if the root's udev renamed it.
handover_to_networkd() {
	mkdir -p "$handover_run/systemd/network"
	cat >"$handover_run/systemd/network/00-blobroot.network" <<-EOT
		# blobroot: the root file system comes through this interface
		[Match]
		MACAddress=$handover_mac
		[Network]
		KeepConfiguration=yes
		LinkLocalAddressing=no
		IPv6AcceptRA=no
	EOT
	cat >"$handover_run/systemd/network/00-blobroot.link" <<-EOT
		# blobroot: the name stays: udhcpc knows the interface by it
		[Match]
		MACAddress=$handover_mac
		[Link]
		# No NamePolicy= and no Name=: udev gives it no other one.
		Description=blobroot
	EOT
	handover_to_resolved
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
	printf '# blobroot: the root file system comes through this interface\n[keyfile]\nunmanaged-devices+=mac:%s\n' \
		"$handover_mac" >"$handover_run/NetworkManager/conf.d/00-blobroot.conf"
}

# Tell ifupdown that it is up already. At shutdown ifupdown would take down what it considers its own.
handover_to_ifupdown() {
	[ -e "$handover_root/etc/network/interfaces" ] || return 0
	mkdir -p "$handover_run/network"
	# ifupdown 0.8 checks the second file, and lists the first.
	echo "$handover_iface=$handover_iface" >"$handover_run/network/ifstate"
	echo "$handover_iface" >"$handover_run/network/ifstate.$handover_iface"
	[ -d "$handover_run/systemd/system" ] || return 0
	mkdir -p "$handover_run/systemd/system/networking.service.d"
	printf '# blobroot: the root file system comes through %s\n[Service]\nExecStop=\n' "$handover_iface" \
		>"$handover_run/systemd/system/networking.service.d/blobroot.conf"
}
