# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# For atf-sh tests: initrd/lib with the real ip and udhcpc, in a network namespace where the test is root.
#
# Flow: wire_up makes ./root, the initramfs that the parts see; wire_run runs a text there. In the text, wire_card NAME
# [MAC] plugs in a card whose other end is NAME.far, and wire_dhcp NAME.far ADDRESS [OPTION..] starts dnsmasq there.
# shellcheck disable=SC2016,SC2154 # text for another shell; $top is the test's

wire_up() {
	mkdir -p root/proc/sys/kernel root/sys/class/net root/sys/devices root/dev root/etc root/lib/blobroot root/run/blobroot \
		root/bin root/sysroot
	: >root/dev/kmsg
	echo 7 4 1 7 >root/proc/sys/kernel/printk
	echo "$*" >root/proc/cmdline
	cp "$top/build/busybox" root/bin/busybox
	: >root/bin/blobrootd
	cp "$top/initrd/lease-update" "$top/initrd/lib/resolv.sh" root/lib/blobroot/
	chmod 755 root/bin/* root/lib/blobroot/lease-update
}

# wire_run TEXT: the status is TEXT's; what it prints is in ./out. Servers and clients end with the namespace's test.
wire_run() {
	{
		echo "set -u; blob_prefix=$PWD/root"
		for part in "$top"/initrd/lib/*.sh; do
			echo ". '$part'"
		done
		cat <<-'EOS'
			wire_card() {
				command ip link add "$1" type veth peer name "$1.far"
				[ -z "${2-}" ] || command ip link set "$1" address "$2"
				command ip link set "$1.far" up
				mkdir -p "$blob_prefix/sys/class/net/$1/device"
				echo 1 >"$blob_prefix/sys/class/net/$1/carrier"
				command ip -o link show dev "$1" | sed 's,.*link/ether \([^ ]*\) .*,\1,' >"$blob_prefix/sys/class/net/$1/address"
			}
			wire_dhcp() {
				wire_far=$1 wire_net=${2%.*}
				command ip addr add "$2/24" dev "$1"
				shift 2
				/usr/sbin/dnsmasq --conf-file=/dev/null --port=0 --user= --group= --interface="$wire_far" --bind-interfaces \
					--dhcp-range="$wire_net.100,$wire_net.150" --dhcp-leasefile="$PWD/leases.$wire_far" \
					--dhcp-authoritative --no-ping --pid-file="$PWD/pid.$wire_far" --log-facility="$PWD/dnsmasq.$wire_far" "$@"
			}
			# wire_away NAME ADDRESS: that other end is another host, with a server at port 80; wire_there NAME COMMAND.. runs there.
			wire_away() {
				# The process ID is said from inside the new namespace: before that, the process is still in this one.
				wire_host=$(unshare --net sh -c 'echo $$; exec sleep 1000 >/dev/null' &)
				wire_procs="$wire_procs $wire_host"
				echo "$wire_host" >"host.$1"
				command ip link set "$1" netns "$wire_host"
				wire_there "$1" ip addr add "$2/24" dev "$1"
				wire_there "$1" ip link set "$1" up
				wire_there "$1" "$busybox" nc -ll -p 80 -e "$busybox" cat &
				wire_procs="$wire_procs $!"
				# Who connects before the server listens is refused.
				until wire_there "$1" grep -q ":0050 .* 0A " /proc/net/tcp /proc/net/tcp6; do sleep 0.1; done
			}
			wire_there() {
				wire_host=$(cat "host.$1")
				shift
				nsenter -t "$wire_host" -n "$@"
			}
			wire_procs=''
			wire_end() {
				wire_status=$?
				for wire_pid in $wire_procs $(cat "$PWD"/pid.* "$blob_prefix"/run/blobroot/home/udhcpc.*.pid 2>/dev/null); do
					kill "$wire_pid" 2>/dev/null
				done
				exit "$wire_status"
			}
			trap wire_end EXIT
			ip() { "$busybox" ip "$@"; }
			modprobe() { :; }
		EOS
		echo "$1"
	} >script
	"$top/images/as-root" unshare --net --mount --uts --pid --mount-proc --fork --kill-child \
		env -i PATH="$PATH" busybox="$top/build/busybox" blobrootd="$top/build/blobrootd" sh script >out 2>&1 </dev/null
}
