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
	# The program that root_find_init has found.
	case ${root_path-} in
	*/systemd) ;;
	*)
		end_read
		end_hold
		end_watch
		;;
	esac
	handover_to_sendsigs
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

# When the host ends, sysvinit's script sendsigs (Debian's OpenRC and runit run it, too) kills all processes that no file of
# this directory names. Links, because the keeper may start another engine.
handover_to_sendsigs() {
	handover_keeper=''
	read -r handover_keeper 2>/dev/null <"$blob_prefix/run/blobroot/keeper.pid"
	[ -n "$handover_keeper" ] || return 0
	mkdir -p "$handover_run/sendsigs.omit.d"
	ln -sf ../blobroot/keeper.pid "$handover_run/sendsigs.omit.d/blobroot"
	ln -sf "../../proc/$handover_keeper/task/$handover_keeper/children" "$handover_run/sendsigs.omit.d/blobroot.engine"
	for handover_pid in "$home_dir"/udhcpc.*.pid "$home_dir/tell-end.pid" "$home_dir/hold.pid"; do
		[ ! -e "$handover_pid" ] || ln -sf "../blobroot/home/${handover_pid##*/}" "$handover_run/sendsigs.omit.d/blobroot.${handover_pid##*/}"
	done
}

# Units are where systemd looks for attached ones. Not in /run/systemd/system: sd_booted(3) and every init script take
# that directory as proof that systemd runs, and a root may have systemd and run another init.
handover_to_systemd() {
	[ -x "$handover_root/usr/lib/systemd/systemd" ] || [ -x "$handover_root/lib/systemd/systemd" ] || return 0
	# systemd wants this module first, and an image without the kernel's modules does not have it.
	modprobe -q autofs4
	handover_units=$handover_run/systemd/system.attached
	mkdir -p "$handover_units/sysinit.target.wants"
	cp "$blob_prefix/lib/blobroot/handover/blobroot.service" "$handover_units/"
	ln -sf ../blobroot.service "$handover_units/sysinit.target.wants/blobroot.service"
	handover_limit_end
	# A soft reboot would unmount it, and nothing would mount it again.
	mkdir -p "$handover_units/run-blobroot-home.mount.d"
	printf '# blobroot: processes that outlive a soft reboot come from there\n[Unit]\nDefaultDependencies=no\n' \
		>"$handover_units/run-blobroot-home.mount.d/blobroot.conf"
	# /run/initramfs is where systemd returns to at shutdown.
	for handover_file in handover/adopt handover/read-end carry.sh; do
		cp "$blob_prefix/lib/blobroot/$handover_file" "$home_dir/bin/"
	done
	cp "$blob_prefix/lib/blobroot/handover/shutdown" "$home_dir/"
	chmod 755 "$home_dir/bin/adopt" "$home_dir/shutdown"
	mkdir -p "$handover_run/initramfs"
	mount -o bind "$home_dir" "$handover_run/initramfs" ||
		log_error 'handover: /run/initramfs cannot be mounted: the root will not be unmounted when the host ends'
}

# What the end of the host needs is read in time, and the keeper is told when it begins: which signal says how is in
# daemon/keeper/end.h.
handover_limit_end() {
	for handover_end in poweroff:50 reboot:51 halt:52 kexec:53; do
		handover_unit=blobroot-${handover_end%:*}.service
		sed "s/VERB/${handover_end%:*}/; s/SIGNAL/${handover_end#*:}/; /^#/d" "$blob_prefix/lib/blobroot/handover/blobroot-end.service" \
			>"$handover_units/$handover_unit"
		ln -sf "../$handover_unit" "$handover_units/sysinit.target.wants/$handover_unit"
	done
	mkdir -p "$handover_units/multi-user.target.wants"
	cp "$blob_prefix/lib/blobroot/handover/blobroot-read.service" "$handover_units/"
	ln -sf ../blobroot-read.service "$handover_units/multi-user.target.wants/blobroot-read.service"
}

# A static configuration without addresses that keeps the existing ones, rather than Unmanaged=: so the interface
# counts as online, and systemd-networkd-wait-online does not wait for one that never comes up. What the image's own
# configuration puts on top of the interface (VLANs) stays. An address on the link is kept only if it is asked for; where IPv6 is
# off it must not come back.
handover_to_networkd() {
	handover_name "$1"
	handover_local=no
	[ -z "$(ip -o -6 addr show dev "$1" scope link)" ] || handover_local=ipv6
	networkd_write "$1" '[Network]' 'KeepConfiguration=yes' "LinkLocalAddressing=$handover_local" 'IPv6AcceptRA=no' \
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

# Tell ifupdown that it is up already, by a configuration that it does not know: so it has nothing to take down when the
# host ends.
handover_to_ifupdown() {
	[ -e "$handover_root/etc/network/interfaces" ] || return 0
	mkdir -p "$handover_run/network"
	# ifupdown 0.8 checks the second file, and lists the first.
	echo "$1=blobroot" >>"$handover_run/network/ifstate"
	echo blobroot >"$handover_run/network/ifstate.$1"
	# A restart of the service would make it forget that.
	mkdir -p "$handover_run/systemd/system.attached/networking.service.d"
	printf '# blobroot: the root file system comes through this network\n[Service]\nExecStop=\n' \
		>"$handover_run/systemd/system.attached/networking.service.d/blobroot.conf"
}
