#!/bin/bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # dracut's variables
#
# dracut's module blobroot: root=blob:URL. `dracut --add blobroot` is all it takes; `make install` puts this folder to
# dracut's modules, and what it installs to ../../../blobroot beside them. Works with dracut 059 and 106, with and without
# systemd in the initramfs.
#
#   parse-blobroot.sh   cmdline: the words are checked, and netroot= is set, so that dracut brings up a network
#   blobroot.sh         /sbin/blobroot, which dracut's netroot calls with the interface that is up
#   bring-up            from there on: the stages of initrd/init, by the same files (initrd/lib)
#   waiting             says what is waited for until there is an interface
#   no-network.sh       initqueue/timeout: no interface has come up
#   networkd-start.sh, networkd-up.sh   cmdline and initqueue/settled, where dracut does not do it: dracut 059
#   root-is-up.sh       pre-pivot: the last line before the switch
#   dracut.sh           what those of them that run in dracut's shell share
#
# A user's: /etc/blobroot/{ca.crt,netrc,client.crt,client.key} and /etc/verity.d/*.crt go in too, as mkinitrd's --ca,
# --netrc, --cert, --key and --verity-cert do, by the same file (make/trust.sh).

# The installed files that go into every initramfs of ours.
blobroot_dir() { (cd "$moddir/../../../blobroot" && pwd -P); }

# blobroot_has_ondemand MODULE FUNCTION: is the one that the kernel would load built with on-demand mode?
blobroot_has_ondemand() {
	local file reader=cat

	file=$(modinfo -b "${dracutsysrootdir:-/}" -k "$kernel" -F filename "$1" 2>/dev/null) || return 1
	case $file in
	*.xz) reader='xz -dc' ;;
	*.zst) reader='zstd -dc' ;;
	*.gz) reader='gzip -dc' ;;
	esac
	# The name of a function that only on-demand mode has.
	# Not -q: dracut sets pipefail, and the reader would die of its pipe.
	$reader "$file" 2>/dev/null | grep -a "$2" >/dev/null
}

# blobroot_trust DIR: the user's certificates, keys and passwords into the tree DIR.
blobroot_trust() {
	(
		stage=$1 host=$dracutsysrootdir/etc
		die() {
			derror "blobroot: $*"
			exit 1
		}
		given() { [[ ! -e $host/blobroot/$1 ]] || echo "$host/blobroot/$1"; }
		# shellcheck source=initrd/make/trust.sh
		. "$(blobroot_dir)/make/trust.sh"
		trust_add "$(given ca.crt)" "$(given netrc)" "$(given client.crt)" "$(given client.key)" \
			"$(find "$host/verity.d/" -name '*.crt' 2>/dev/null)"
	)
}

check() {
	local module name tried status
	for module in cachefiles:cachefiles_ondemand_daemon_read erofs:erofs_fscache_register_volume; do
		name=${module%%:*}
		blobroot_has_ondemand "$name" "${module#*:}" && continue
		derror "blobroot: the kernel module $name.ko of $kernel has no on-demand mode: build and install ours with" \
			"\`make modules-install KVER=$kernel\` in blobroot's source"
		return 1
	done
	[[ -x $(blobroot_dir)/busybox ]] || {
		derror "blobroot: $moddir/../../../blobroot/busybox is missing: \`make install\` puts it there"
		return 1
	}
	# Here an error ends dracut; in install it would not.
	tried=$(mktemp -d) && blobroot_trust "$tried"
	status=$?
	rm -rf "$tried"
	[[ $status -eq 0 ]] && return 255
	return 1
}

depends() { echo base network; }

# ext4 and brd are the store, overlay is what is written, af_packet is udhcpc's, autofs4 is systemd's in the real root.
installkernel() {
	hostonly='' instmods cachefiles erofs ext4 brd overlay af_packet virtio_net virtio_pci
	hostonly='' instmods -o autofs4 libcrc32c crc32c_generic crc32c-intel
}

install() {
	local dir name
	dir=$(blobroot_dir)

	# Not by inst_multiple: it would look for libraries in static programs, and for interpreters in scripts of BusyBox's.
	mkdir -p "$initdir/lib/blobroot/bin" "$initdir/lib/blobroot/handover" "$initdir/etc/blobroot"
	cp "$dir"/lib/*.sh "$dir/lease-update" "$moddir"/{bring-up,waiting,dracut.sh} "$initdir/lib/blobroot/"
	cp "$dir"/handover/* "$initdir/lib/blobroot/handover/"
	cp "$dir/busybox" "$dir/../../sbin/blobrootd" "$initdir/lib/blobroot/bin/"
	# Executable is what dracut looks for the interpreter of, on the machine that it runs on.
	chmod 644 "$initdir"/lib/blobroot/{bring-up,waiting}
	# Those that the BusyBox initramfs has. Not modprobe: kmod's reads what is packed, and what dracut configured.
	# shellcheck disable=SC2013 # words
	for name in $(sed -n 's/^applet //p' "$dir/base"); do
		[[ $name == modprobe ]] || ln -sf busybox "$initdir/lib/blobroot/bin/$name"
	done
	inst_multiple modprobe

	blobroot_trust "$initdir"
	# A clock that is earlier than this is wrong: see initrd/lib/clock.sh.
	echo "${SOURCE_DATE_EPOCH:-$(date +%s)}" >"$initdir/etc/blobroot/built"

	inst_hook cmdline 90 "$moddir/parse-blobroot.sh"
	inst_hook initqueue/timeout 50 "$moddir/no-network.sh"
	inst_hook pre-pivot 95 "$moddir/root-is-up.sh"
	if [[ -e $initdir$systemdutildir/systemd-networkd ]] && ! grep -qs /sbin/netroot "$dracutbasedir"/modules.d/*systemd-networkd/*; then
		inst_hook cmdline 99 "$moddir/networkd-start.sh"
		inst_hook initqueue/settled 99 "$moddir/networkd-up.sh"
	fi
	inst_script "$moddir/blobroot.sh" /sbin/blobroot
	dracut_need_initqueue
}
