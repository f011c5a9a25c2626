# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# shellcheck disable=SC2154 # dracut's variables
#
# The transport fuse, for module-setup.sh: does the kernel for which the initramfs is made support it?

# Does its EROFS read from files? If there is no configuration, a module tells by a function that only such an EROFS has. One
# that is built in does not: it is the default since Linux 6.12.
fuse_has_files() {
	local config

	for config in "/boot/config-$kernel" "/lib/modules/$kernel/config" "/lib/modules/$kernel/build/.config"; do
		config=${dracutsysrootdir-}$config
		[[ -f $config ]] || continue
		grep -qx CONFIG_EROFS_FS_BACKED_BY_FILE=y "$config"
		return
	done
	case $(blobroot_find_module erofs) in
	'(builtin)') printf '%s\n' 6.12 "$kernel" | sort -VC ;;
	*) blobroot_module_has erofs erofs_fileio_ ;;
	esac
}

# Prints why not.
transport_fuse_check() {
	local name

	for name in erofs fuse; do
		blobroot_find_module "$name" >/dev/null && continue
		echo "there is no $name.ko, and it is not built in"
		return 1
	done
	fuse_has_files || {
		echo 'its EROFS cannot read from files (CONFIG_EROFS_FS_BACKED_BY_FILE, Linux 6.12)'
		return 1
	}
}
