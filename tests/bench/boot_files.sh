# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# What boot_once boots. Sourced at the top of the tree.

boot_files_mounted=''
boot_files_end() { [ -z "$boot_files_mounted" ] || umount "$boot_files_mounted" || :; }

# boot_files IMAGE WAY..: makes the directory that boot_once takes. Sets work to it. Needs root for the way live; the caller has
# boot_files_end run at its end.
boot_files() {
	boot_files_image=$1
	shift
	work=$PWD/build/bench/boots/$(basename "$boot_files_image" .erofs)
	mkdir -p "$work/www" "$work/tree"
	ln -sf "$PWD/build/bench/dracut.img" "$work/initrd.img"
	ln -sf "$PWD/build/boot/dracut-6.12/vmlinuz" "$work/vmlinuz"
	for suffix in '' .verity .roothash; do
		ln -sf "$(readlink -f "$boot_files_image$suffix")" "$work/www/root.erofs$suffix"
	done
	case " $* " in *' live '*) boot_files_squash ;; esac
	# What is fetched ahead is what a boot of this initramfs reads: the first boot is for that.
	case " $* " in *-profile*)
		if [ -z "$(find "$work/profile" -newer build/bench/dracut.img 2>/dev/null)" ] ||
			! grep -qx "image $(cat "$boot_files_image.roothash")" "$work/profile"; then
			tests/bench/boot_once "$work" 0 0 cachefiles rd.blob.profile=record >"$work/said"
			images/mkprofile --merge "$work/profile" "$work/cachefiles.profile"
		fi
		;;
	esac
}

boot_files_squash() {
	[ -z "$(find "$work/www/root.squashfs" -newer "$boot_files_image" 2>/dev/null)" ] || return 0
	mount -t erofs -o loop,ro "$boot_files_image" "$work/tree"
	boot_files_mounted=$work/tree
	mksquashfs "$work/tree" "$work/www/root.squashfs" -noappend -comp zstd -b 131072 -no-progress >"$work/said" 2>&1
	umount "$boot_files_mounted"
	boot_files_mounted=''
}
