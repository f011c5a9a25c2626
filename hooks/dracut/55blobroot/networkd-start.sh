# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Sourced by dracut's cmdline hook where its module systemd-networkd leaves it at installing the program, as dracut 059's
# does: the networks that systemd-network-generator makes of ip=, or DHCP on all cards, and networkd is started.

if [ -e /run/blobroot/cmdline ]; then
	systemctl start systemd-network-generator.service
	mkdir -p /run/systemd/network
	if [ -z "$(getargs ip=)" ]; then
		printf '[Match]\nType=ether\n[Network]\nDHCP=yes\n' >/run/systemd/network/zz-blobroot.network
	fi
	# Whoever takes over the lease is known to the server by the hardware address.
	for blobroot_file in /run/systemd/network/*.network; do
		[ ! -f "$blobroot_file" ] || printf '[DHCPv4]\nClientIdentifier=mac\n' >>"$blobroot_file"
	done
	# Restarted: a link that came early has started it already, by its socket.
	systemctl --no-block restart systemd-networkd.service
fi
