# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Sourced by dracut's cmdline hook if its module systemd-networkd only installs the program, as in dracut 059. Sets up
# the networks that systemd-network-generator makes from ip=, or DHCP on all cards, and starts networkd.

if [ -e /run/blobroot/cmdline ]; then
	systemctl start systemd-network-generator.service
	mkdir -p /run/systemd/network
	if [ -z "$(getargs ip=)" ]; then
		printf '[Match]\nType=ether\n[Network]\nDHCP=yes\n' >/run/systemd/network/zz-blobroot.network
	fi
	# The client that takes over the lease identifies itself to the server by the hardware address.
	for blobroot_file in /run/systemd/network/*.network; do
		[ ! -f "$blobroot_file" ] || printf '[DHCPv4]\nClientIdentifier=mac\n' >>"$blobroot_file"
	done
	# Restart: a link that came up early has already started it, by socket activation.
	systemctl --no-block restart systemd-networkd.service
fi
