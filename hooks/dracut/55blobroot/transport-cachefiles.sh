# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# shellcheck disable=SC2154 # dracut's variables
#
# The transport cachefiles, for module-setup.sh: does the kernel for which the initramfs is made support it?

# cachefiles_has_ondemand MODULE FUNCTION: is the module that the kernel would load built with on-demand mode?
cachefiles_has_ondemand() {
	local file reader=cat

	file=$(modinfo -b "${dracutsysrootdir:-/}" -k "$kernel" -F filename "$1" 2>/dev/null) || return 1
	case $file in
	*.xz) reader='xz -dc' ;;
	*.zst) reader='zstd -dc' ;;
	*.gz) reader='gzip -dc' ;;
	esac
	# FUNCTION is the name of a function that only on-demand mode has.
	# Not -q: dracut sets pipefail, and the reader would be killed by SIGPIPE.
	$reader "$file" 2>/dev/null | grep -a "$2" >/dev/null
}

# Prints why not.
transport_cachefiles_check() {
	local module name

	for module in cachefiles:cachefiles_ondemand_daemon_read erofs:erofs_fscache_register_volume; do
		name=${module%%:*}
		cachefiles_has_ondemand "$name" "${module#*:}" && continue
		echo "the kernel module $name.ko of $kernel has no on-demand mode: build and install ours with" \
			"\`make modules-install KVER=$kernel\` in blobroot's source"
		return 1
	done
}
