# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# For atf-sh tests of initrd/lib: a fake root below ./root, and init's parts run in it without privileges.
#
# Flow: a test body calls fake_root, puts files below ./made, then fake_run, and looks at what came out.
# shellcheck disable=SC2016,SC2034,SC2120,SC2154 # $top is the test's

busybox=$top/build/busybox

# fake_root WORD..: the kernel command line is WORDs. What a test changes, it changes below ./made.
fake_root() {
	[ -x "$busybox" ] || atf_fail "$busybox is missing: make build/busybox"
	rm -rf made
	mkdir -p made/proc/sys/kernel/random made/sys/class/net made/sys/devices made/dev made/etc/blobroot made/run/blobroot \
		made/sysroot
	: >made/dev/kmsg
	: >made/dev/console
	: >made/calls
	echo 7 4 1 7 >made/proc/sys/kernel/printk
	echo "$*" >made/proc/cmdline
	echo 0b1c-2d >made/proc/sys/kernel/random/uuid
	echo '12.34 20.00' >made/proc/uptime
}

# fake_card NAME CARRIER: a network card.
fake_card() {
	mkdir -p "made/sys/class/net/$1/device"
	echo "$2" >"made/sys/class/net/$1/carrier"
}

# fake_machine WORD..: a machine with two cards, the second one connected, and what it takes to lease an address.
fake_machine() {
	fake_root "$@"
	mkdir -p made/bin made/lib/blobroot made/sys/class/net/lo
	: >made/bin/busybox
	: >made/bin/blobrootd
	: >made/lib/blobroot/lease-update
	cp "$top/initrd/lib/resolv.sh" made/lib/blobroot/
	chmod +x made/bin/busybox made/lib/blobroot/lease-update
	fake_card eth0 0
	fake_card eth1 1
}

# For fake_run: time does not pass, and the address that net_say reports is there.
fake_calm='wait_until() { shift; "$@"; }
	ip() { called ip "$@"; case "$*" in *" addr show "*) echo "2: eth0 inet 10.0.2.7/24 scope global";; esac; }'

# fake_run STATUS TEXT: run TEXT with init's parts loaded, twice: in BusyBox's shell with all of its applets, and in the
# machine's shell with those only that lists/base names. Both have to come to the same. What they print is in ./out,
# what they leave in ./root, the commands that need privileges in ./root/calls, as `called` writes them.
fake_run() {
	{
		cat <<-'EOS'
			set -u
			called() { echo "$*" >>"$blob_prefix/calls"; }
			mount() { called mount "$@"; }
			sync() { :; }
			modprobe() { called modprobe "$@"; }
			mke2fs() { called mke2fs "$@"; }
			ip() { called ip "$@"; }
			hostname() { called hostname "$@"; }
			chroot() { called chroot "$@"; }
			reboot() { called reboot "$@"; exit 9; }
			setsid() { called setsid "$@"; }
			xargs() { called xargs "$@" : $(cat); }
			sleep() { :; }
		EOS
		# As blobrootd's probe says it.
		echo "blob_prefix=\$PWD/root blob_free_kib=1000000 blob_ram_kib=0"
		for part in "$top"/initrd/lib/*.sh; do
			echo ". '$part'"
		done
		# Here sleep takes no time, and a heartbeat would write line after line.
		echo 'log_heartbeat() { :; }'
		echo "$2"
	} >script
	fake_run_in "$1" env PATH= "$busybox" sh
	mv out out.busybox
	mv root/calls calls.busybox
	fake_list_applets
	fake_run_in "$1" env PATH="$PWD/applets" /bin/sh
	atf_check cmp out.busybox out
	atf_check cmp calls.busybox root/calls
}

# dracut's initramfs has no others, and BusyBox's shell does not look for them elsewhere if it is built otherwise.
fake_list_applets() {
	[ ! -e applets ] || return 0
	mkdir applets
	# shellcheck disable=SC2013 # words
	for fake_applet in $(sed -n 's/^applet //p' "$top/initrd/lists/base"); do
		ln -s "$(realpath "$busybox")" "applets/$fake_applet"
	done
}

fake_run_in() {
	fake_status=$1
	shift
	rm -rf root
	cp -a made root
	"$@" script >out 2>&1 </dev/null
	fake_got=$?
	[ "$fake_got" -eq "$fake_status" ] || atf_fail "$* ended with $fake_got, not $fake_status: $(cat out root/dev/kmsg)"
}

# The line has gone out, once.
fake_said() { atf_check -o inline:"1\n" grep -cxF -- "$1" root/dev/kmsg; }

fake_called() { atf_check -o ignore grep -xF -- "$1" root/calls; }
