# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# shellcheck disable=SC2154 # dracut's variables
#
# The transport cachefiles, for module-setup.sh: does the kernel for which the initramfs is made support it?

# Prints why not. The functions are ones that only on-demand mode has.
transport_cachefiles_check() {
	local module name

	for module in cachefiles:cachefiles_ondemand_daemon_read erofs:erofs_fscache_register_volume; do
		name=${module%%:*}
		blobroot_module_has "$name" "${module#*:}" && continue
		echo "$name.ko has no on-demand mode: \`make modules-install KVER=$kernel\` in blobroot's source installs ours (up to Linux 7.1)"
		return 1
	done
}
