# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# For atf-sh tests of what a real root is told: a root that is mounted, and what is handed over to it.
#
# Flow: a test sources it after fake.sh.
# shellcheck disable=SC2016,SC2119,SC2154 # $top is the test's

# A root that is mounted, an interface that is up.
host() {
	fake_root
	fake_card eth0 1
	echo 52:54:00:12:34:56 >made/sys/class/net/eth0/address
	mkdir -p made/run/blobroot/home/etc made/run/blobroot/home/bin made/lib/blobroot/handover made/sysroot/etc
	printf 'search lan example.org\nnameserver 10.0.2.3\nnameserver 10.0.2.4\n' >made/run/blobroot/home/etc/resolv.conf
	cp "$top"/initrd/handover/* made/lib/blobroot/handover/
	cp "$top/initrd/lib/carry.sh" made/lib/blobroot/
	# In place of handover/tell-end, which would run as long as the host: this one is slow to remove the FIFO, and ends.
	mkdir made/run/blobroot/home/@
	printf '%s\n' '#!/bin/sh' 'PATH=/usr/bin:/bin; sleep 0.3; grep SigIgn /proc/$$/status >ignored; rm ../tell-end' >made/run/blobroot/home/@/sh
	chmod 755 made/run/blobroot/home/@/sh
}

root_with_systemd() {
	mkdir -p made/sysroot/usr/lib/systemd
	: >made/sysroot/usr/lib/systemd/systemd
	chmod +x made/sysroot/usr/lib/systemd/systemd
}

hand_over() { fake_run 0 'handover_make "$NEWROOT" eth0'; }

has() { atf_check -o ignore grep -xF -- "$2" "root/run/$1"; }
