# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# For bring-up and waiting, in BusyBox's shell: which modules they load.

# udev loads the drivers.
modules_coldplug() { :; }

# What no device asks for: the transports, and the writable layer.
drivers_load() {
	# shellcheck disable=SC2046 # words
	modprobe -aq $(sed -n 's/^load[?]* //p' /lib/blobroot/transports/*) overlay
}
