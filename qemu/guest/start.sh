# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# A hook of the initramfs (initrd/lib/hooks.sh): starts guest/wait before the switch to the real root. The image is not
# changed: all that a boot test needs in the guest is in memory.
# shellcheck disable=SC2154 # variables of initrd/lib

guest_starting=$home_dir/guest/starting
# Of the program that is process 1 now.
guest_device=$("$home_dir/bin/busybox" stat -L -c %d "$blob_prefix/proc/1/exe")
modprobe -q virtio_console
if ! grep -qx blobroot.control "$blob_prefix"/sys/class/virtio-ports/*/name 2>/dev/null; then
	log_error 'boot test: no port blobroot.control: the kernel needs CONFIG_VIRTIO_CONSOLE'
elif cp -r "$blob_prefix/etc/blobroot/guest" "$home_dir/" && : >"$guest_starting"; then
	# start-stop-daemon: a background process of this shell's would have signals ignored, and its children, too.
	(cd "$home_dir" && bin/busybox start-stop-daemon -S -b -m -p guest.pid -x @/sh -- guest/wait "$guest_device")
	# It removes the file when it no longer needs anything of the initramfs.
	wait_until 30 test ! -e "$guest_starting" || log_error 'boot test: the agent did not start'
fi
