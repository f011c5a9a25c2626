#!/bin/bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # dracut's variables
#
# The dracut module blobroot: root=blob:URL. `dracut --add blobroot` is all that is needed. `make install` puts this
# folder among dracut's modules, and the files for the initramfs into ../../../blobroot beside them. Works with dracut
# 059 and 106, with and without systemd in the initramfs.
#
#   parse-blobroot.sh   cmdline: checks the parameters, and sets netroot=, so that dracut brings up a network
#   blobroot.sh         /sbin/blobroot, which dracut's netroot calls with the interface that is up
#   bring-up            from there on: the stages of initrd/init, with the same files (initrd/lib)
#   drivers.sh          for bring-up and waiting: which modules they load
#   interfaces.sh       for bring-up: which interfaces may still lead to the server
#   waiting             logs what the boot waits for until there is an interface
#   no-network.sh       initqueue/timeout: no interface has come up
#   networkd-start.sh, networkd-up.sh   cmdline and initqueue/settled, if dracut does not do it: dracut 059
#   gave-up.sh          emergency: dracut cannot go on
#   root-is-up.sh       pre-pivot: the last line before the switch
#   network-words.sh    which parameters for the network this initramfs has
#   dracut.sh           functions of the scripts that run in dracut's shell
#   transport-NAME.sh   a transport: does this kernel support it?
#
# User files: /etc/blobroot/{ca.crt,netrc,client.crt,client.key} and /etc/verity.d/*.crt are included, as with
# mkinitrd's --ca, --netrc, --cert, --key and --verity-cert, and by the same file (make/trust.sh).

# The directory of the installed files that go into each of our initramfses.
blobroot_dir() { (cd "$moddir/../../../blobroot" && pwd -P); }

# blobroot_transports: the names of the transports. Each has a list of its modules.
blobroot_transports() { (cd "$(blobroot_dir)/transports" && ls); }

# blobroot_find_module NAME: print the file of this kernel's module, or (builtin); false if it has none.
blobroot_find_module() { modinfo -b "${dracutsysrootdir:-/}" -k "$kernel" -F filename "$1" 2>/dev/null | grep .; }

# blobroot_module_has NAME FUNCTION: does the module that the kernel would load have it?
blobroot_module_has() {
	local file reader=cat

	file=$(blobroot_find_module "$1") || return 1
	case $file in
	*.xz) reader='xz -dc' ;;
	*.zst) reader='zstd -dc' ;;
	*.gz) reader='gzip -dc' ;;
	esac
	# Not -q: dracut sets pipefail, and the reader would be killed by SIGPIPE.
	$reader "$file" 2>/dev/null | grep -a "$2" >/dev/null
}

# blobroot_try_transports: put the names of those that work with this kernel into works, and why others do not into others.
blobroot_try_transports() {
	local name why

	works='' others=''
	for name in $(blobroot_transports); do
		# shellcheck source=/dev/null
		. "$moddir/transport-$name.sh"
		if why=$("transport_${name}_check"); then
			works+="${works:+, }$name"
		else
			others+="${others:+; }$name: $why"
		fi
	done
}

# blobroot_trust DIR: put the user's certificates, keys and passwords into the tree DIR.
blobroot_trust() {
	(
		stage=$1 host=$dracutsysrootdir/etc
		die() {
			derror "blobroot: $*"
			exit 1
		}
		given() { [[ ! -e $host/blobroot/$1 && ! -L $host/blobroot/$1 ]] || echo "$host/blobroot/$1"; }
		# shellcheck source=initrd/make/trust.sh
		. "$(blobroot_dir)/make/trust.sh"
		trust_add "$(given ca.crt)" "$(given netrc)" "$(given client.crt)" "$(given client.key)" \
			"$(trust_signers "$host/verity.d")"
	)
}

check() {
	local tried status works others
	blobroot_try_transports
	[[ $works ]] || {
		derror "blobroot: no transport works with kernel $kernel: $others"
		return 1
	}
	[[ -x $(blobroot_dir)/busybox ]] || {
		derror "blobroot: $moddir/../../../blobroot/busybox is missing: \`make install\` puts it there"
		return 1
	}
	# An error here makes dracut fail; in install it would not.
	tried=$(mktemp -d) && blobroot_trust "$tried"
	status=$?
	rm -rf "$tried"
	[[ $status -eq 0 ]] && return 255
	return 1
}

depends() { echo base network; }

# A transport's modules, where the kernel has them. ext4 and brd: the store; overlay: the writable layer; af_packet: udhcpc; autofs4: systemd in the real root.
installkernel() {
	# shellcheck disable=SC2046 # words
	hostonly='' instmods $(sed -n 's/^load //p' "$(blobroot_dir)"/transports/*) ext4 brd overlay af_packet virtio_net virtio_pci
	# shellcheck disable=SC2046 # words
	hostonly='' instmods -o $(sed -n 's/^load? //p' "$(blobroot_dir)"/transports/*) autofs4 libcrc32c crc32c_generic crc32c-intel
}

install() {
	local dir name works others
	dir=$(blobroot_dir)
	blobroot_try_transports
	dinfo "blobroot: transports with kernel $kernel: $works${others:+ (not $others)}"

	# Not by inst_multiple: it would look for libraries of static programs and interpreters of BusyBox scripts.
	mkdir -p "$initdir"/lib/blobroot/{bin,handover,transports} "$initdir/etc/blobroot"
	cp "$dir"/lib/*.sh "$dir/lease-update" "$moddir"/{bring-up,waiting,dracut.sh,network-words.sh,interfaces.sh,drivers.sh} "$initdir/lib/blobroot/"
	cp "$dir"/handover/* "$initdir/lib/blobroot/handover/"
	cp "$dir"/transports/* "$initdir/lib/blobroot/transports/"
	cp "$dir/busybox" "$dir/../../sbin/blobrootd" "$initdir/lib/blobroot/bin/"
	# dracut looks for the interpreter of executable files, on the machine that it runs on.
	chmod 644 "$initdir"/lib/blobroot/{bring-up,waiting}
	# As in the BusyBox initramfs. Not modprobe: kmod's reads compressed modules, and dracut's configuration.
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
	inst_hook emergency 90 "$moddir/gave-up.sh"
	inst_hook shutdown-emergency 90 "$moddir/gave-up.sh"
	if [[ -e $initdir$systemdutildir/systemd-networkd ]] && ! grep -qs /sbin/netroot "$dracutbasedir"/modules.d/*systemd-networkd/*; then
		inst_hook cmdline 99 "$moddir/networkd-start.sh"
		inst_hook initqueue/settled 99 "$moddir/networkd-up.sh"
	fi
	inst_script "$moddir/blobroot.sh" /sbin/blobroot
	dracut_need_initqueue
}
