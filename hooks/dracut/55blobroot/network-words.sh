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
	# Not below: getcmdline looks for files by a pattern, and no word is one.
	blobroot_words=$(getcmdline)
	[ "$blobroot_network" != systemd-networkd ] || blobroot_read_bootif
	set -f
	for blobroot_word in $blobroot_words; do
		blobroot_has_word "$blobroot_word" ||
			blobroot_end "network: $blobroot_word: not in this initramfs, whose network is dracut's $blobroot_network"
	done
	[ "$blobroot_network" != systemd-networkd ] || blobroot_make_default
	set +f
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

# blobroot_read_bootif: put the hardware address of BOOTIF=, which may have the type of the hardware in front, into blobroot_mac.
blobroot_read_bootif() {
	blobroot_mac=''
	getargbool 1 rd.bootif && blobroot_bootif=$(getarg BOOTIF=) || return 0
	blobroot_mac=$(echo "$blobroot_bootif" | sed 'y/ABCDEF:/abcdef-/; s/^..-\(..-..-..-..-..-..\)$/\1/; y/-/:/')
	echo "$blobroot_mac" | grep -Eq '^[0-9a-f]{2}(:[0-9a-f]{2}){5}$' ||
		blobroot_end "network: BOOTIF=$blobroot_bootif: not a hardware address"
}

# blobroot_find_default: put the file that was generated for the cards that no word names into blobroot_file, or nothing.
blobroot_find_default() {
	blobroot_file=$(set +f && cd /run/blobroot/network/run/systemd/network 2>/dev/null && ls -- *-default.network 2>/dev/null)
	[ -n "$blobroot_file" ]
}

# blobroot_make_default: make a file for the cards that no word names, where systemd-network-generator does not do so as
# dracut's scripts and NetworkManager do. Beside a word that names an interface it drops ip=dhcp; of nameserver= and the like
# without ip= it makes one without DHCP. BOOTIF= names the card of an ip= that names none: then the file is for that card
# only, and all others are left alone.
blobroot_make_default() {
	set --
	for blobroot_word in $blobroot_words; do
		case $blobroot_word in
		ip=* | ifname=* | nameserver=* | rd.route=* | rd.peerdns=* | vlan=* | bond=* | bridge=*) set -- "$@" "$blobroot_word" ;;
		esac
	done
	# Of one ip= alone the generator makes what dracut's scripts do. To find that out would take three processes.
	case $#:$blobroot_mac:${1-} in 0:: | 1::ip=*) return 0 ;; esac
	blobroot_ips='' blobroot_for_all='' blobroot_more=''
	for blobroot_word in $blobroot_words; do
		case $blobroot_word in
		ip=*) blobroot_ips=yes ;;
		nameserver=* | rd.peerdns=* | rd.route=*) ;;
		*) continue ;;
		esac
		blobroot_generate "$blobroot_word"
		blobroot_find_default || continue
		case $blobroot_word in
		ip=*) blobroot_for_all="$blobroot_for_all $blobroot_word" ;;
		*) blobroot_more="$blobroot_more $blobroot_word" ;;
		esac
	done
	# Each ip= names its interface.
	[ -z "$blobroot_ips" ] || [ -n "$blobroot_for_all" ] || return 0
	# shellcheck disable=SC2086 # words
	blobroot_generate $blobroot_words
	if [ -z "$blobroot_mac" ]; then
		# The generator's is right, or it makes nothing at all, and dracut's own counts.
		! blobroot_find_default || [ -z "$blobroot_for_all" ] || return 0
		[ -n "$(ls /run/blobroot/network/run/systemd/network 2>/dev/null)" ] || return 0
	fi
	blobroot_write_default
}

# The names: before the generator's default, after its files for named interfaces.
blobroot_write_default() {
	blobroot_match='Kind=!*
Type=!loopback' blobroot_dhcp=ipv4
	# As dracut's own.
	[ -n "$blobroot_for_all" ] || blobroot_dhcp=yes
	# shellcheck disable=SC2086 # words
	blobroot_generate ${blobroot_for_all:-ip=dhcp} $blobroot_more
	blobroot_find_default || blobroot_end "network: systemd-network-generator makes nothing of$blobroot_for_all$blobroot_more"
	mkdir -p /run/systemd/network
	blobroot_ours=/run/systemd/network/${blobroot_file%%-*}-blobroot
	{
		printf '[Match]\n%s\n' "${blobroot_mac:+MACAddress=}${blobroot_mac:-$blobroot_match}"
		sed "1,/^\[Match\]/d; /^Kind=!\*\$/d; /^Type=!loopback\$/d; s/^DHCP=ipv4\$/DHCP=$blobroot_dhcp/" \
			"/run/blobroot/network/run/systemd/network/$blobroot_file"
	} >"$blobroot_ours-default.network"
	[ -z "$blobroot_mac" ] || printf '[Match]\n%s\n[Link]\nUnmanaged=yes\n' "$blobroot_match" >"$blobroot_ours-others.network"
}
