#!/bin/sh
# SPDX-License-Identifier: MIT
#
# A dracut hook (pre-pivot) of the bench's initramfs: the same overlay for roots that bring none (bench.overlay), and an agent in the
# real root that answers through the second serial port.
# shellcheck disable=SC2154 # dracut sets NEWROOT

case $(cat /proc/cmdline) in
*' bench.overlay'*)
	mkdir -p /run/bench/rw && mount -t tmpfs bench /run/bench/rw && mkdir /run/bench/rw/upper /run/bench/rw/work &&
		mount -t overlay -o lowerdir="$NEWROOT",upperdir=/run/bench/rw/upper,workdir=/run/bench/rw/work bench "$NEWROOT"
	;;
esac
read -r up _ </proc/uptime
mkdir -p /run/bench /run/systemd/system/sysinit.target.wants
echo "$up" >/run/bench/up
cat >/run/bench/agent <<'EOT'
# For each line: key=value lines, the boot profile where there is one, and `done`.
while read -r _ <&3; do
	program=/proc/$(cat /run/blobroot/keeper.pid 2>/dev/null)/exe
	{
		read -r up idle </proc/uptime
		printf 'uptime=%s\nidle=%s\nroot=%s\n' "$up" "$idle" "$(cat /run/bench/up)"
		while read -r key value _; do
			case $key in MemTotal: | MemAvailable:) echo "${key%:}=$value" ;; esac
		done </proc/meminfo
		[ ! -e "$program" ] || { "$program" status; "$program" profile; }
		echo done
	} >&3
done 3<>/dev/ttyS1
EOT
cat >/run/systemd/system/bench.service <<'EOT'
[Unit]
DefaultDependencies=no
[Service]
ExecStart=/bin/sh /run/bench/agent
EOT
ln -s ../bench.service /run/systemd/system/sysinit.target.wants/
