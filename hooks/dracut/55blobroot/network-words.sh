# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# For parse-blobroot.sh, in dracut's own shell: dracut.cmdline(7) describes what dracut's own scripts understand.
# systemd-networkd and NetworkManager pass over some of it in silence. Such a word ends the boot with a line, because its
# owner relies on it. initrd/README.md has the table, and tests/hooks/words_test goes through it.

# blobroot_check_words: end the boot at the first word that the network module of this initramfs would ignore.
blobroot_check_words() {
	if [ -e /sbin/ifup ]; then
		blobroot_network=network-legacy
	elif [ -e /usr/libexec/nm-initrd-generator ] || [ -e /usr/lib/nm-initrd-generator ]; then
		blobroot_network=network-manager
	else
		blobroot_network=systemd-networkd
	fi
	set -f
	for blobroot_word in $(getcmdline); do
		blobroot_has_word "$blobroot_word" ||
			blobroot_end "network: $blobroot_word: not in this initramfs, whose network is dracut's $blobroot_network"
	done
	set +f
	blobroot_take_bootif
}

blobroot_has_word() {
	case $blobroot_network:$1 in
	*:biosdevname=0 | *:biosdevname=no | *:biosdevname=off) ;;
	*:biosdevname=*) command -v biosdevname >/dev/null ;;
	systemd-networkd:ip=ibft | systemd-networkd:ip=*:ibft | systemd-networkd:bond=*:*:?*) return 1 ;;
	systemd-networkd:bond | systemd-networkd:bridge | systemd-networkd:team | systemd-networkd:team=*) return 1 ;;
	systemd-networkd:bootdev=* | systemd-networkd:rd.net.*) return 1 ;;
	# If it cannot use one word, it makes nothing at all.
	systemd-networkd:ip=* | systemd-networkd:ifname=* | systemd-networkd:rd.route=* | systemd-networkd:nameserver=* | \
		systemd-networkd:vlan=* | systemd-networkd:bond=* | systemd-networkd:bridge=*)
		blobroot_generate "$1"
		;;
	network-manager:ip=*) blobroot_knows_ip "${1#ip=}" ;;
	network-manager:rd.net.timeout.dhcp=* | network-manager:rd.net.timeout.carrier=* | network-manager:rd.net.dhcp.*) ;;
	network-manager:rd.net.dns*) ;;
	# Not in every distribution's dhclient.
	network-legacy:rd.net.timeout.dhcp=*) dhclient --help 2>&1 | grep -qF -e --timeout ;;
	network-legacy:rd.net.timeout.carrier=* | network-legacy:rd.net.timeout.if*=* | network-legacy:rd.net.dhcp.retry=*) ;;
	network-legacy:rd.net.timeout.ipv6*=* | network-legacy:rd.net.timeout.route=*) ;;
	*:rd.net.*) return 1 ;;
	esac
}

# blobroot_knows_ip VALUE: is it of the grammar? Methods that only the BusyBox initramfs lacks, and lists of them, are.
blobroot_knows_ip() {
	(
		# shellcheck source=initrd/lib/ip.sh
		. /lib/blobroot/ip.sh
		ip_parse "$1" && exit 0
		case $ip_error in
		*': not in this initramfs'* | *,*': not a method '*) exit 0 ;;
		esac
		exit 1
	)
}

# blobroot_generate WORD..: what systemd-network-generator makes of them, in /run/blobroot/network.
blobroot_generate() {
	rm -rf /run/blobroot/network
	mkdir -p /run/blobroot/network
	/usr/lib/systemd/systemd-network-generator --root=/run/blobroot/network -- "$@" 2>/dev/null
}

# blobroot_take_bootif: BOOTIF= names the card of an ip= that names none. dracut's scripts and NetworkManager know it. To
# systemd-networkd we give what it would have used for all cards, for this one only.
blobroot_take_bootif() {
	[ "$blobroot_network" = systemd-networkd ] && getargbool 1 rd.bootif && blobroot_mac=$(getarg BOOTIF=) || return 0
	blobroot_mac=$(echo "$blobroot_mac" | sed 'y/ABCDEF:/abcdef-/; s/^..-\(..-..-..-..-..-..\)$/\1/; y/-/:/')
	echo "$blobroot_mac" | grep -Eq '^[0-9a-f]{2}(:[0-9a-f]{2}){5}$' ||
		blobroot_end "network: BOOTIF=$(getarg BOOTIF=): not a hardware address"
	# shellcheck disable=SC2046 # words
	blobroot_generate $(getcmdline)
	for blobroot_file in /run/blobroot/network/run/systemd/network/*.network; do
		case $blobroot_file in
		*-default.network) break ;;
		*/\*.network) blobroot_file='' ;;
		# Words with an interface, and none without.
		*) return 0 ;;
		esac
	done
	mkdir -p /run/systemd/network
	{
		printf '[Match]\nMACAddress=%s\n' "$blobroot_mac"
		if [ -n "$blobroot_file" ]; then
			sed '1,/^\[Match\]/d; /^Kind=!\*$/d; /^Type=!loopback$/d' "$blobroot_file"
		else
			printf '[Network]\nDHCP=yes\n'
		fi
	} >/run/systemd/network/60-blobroot-bootif.network
	printf '[Match]\nKind=!*\nType=!loopback\n[Link]\nUnmanaged=yes\n' >/run/systemd/network/61-blobroot-others.network
}
