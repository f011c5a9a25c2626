# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# For boot/debian_test: what a Debian root has to stand, each in a function, whatever kernel and transport it has.
#
# Flow: a case sources it, boots with debian.sh, and calls what this boot is to show.
# shellcheck disable=SC2016,SC2154 # text for another shell; what lan.sh sets

# shellcheck source=tests/support/debian.sh
. "$support/debian.sh"

blobrootd=/run/blobroot/home/bin/blobrootd
procs=/sys/fs/cgroup/system.slice/blobroot.service/cgroup.procs

debian_comes_out_right() {
	debian_matches '^[0-9a-f]{32}$' 'cat /etc/machine-id'
	debian_has 'nameserver 192.0.2.1' 'grep ^nameserver /etc/resolv.conf'
	debian_has overlay 'stat -f -c %T / | sed s/overlayfs/overlay/'
	# Keeper, engine and DHCP client, in a unit with a name.
	debian_has 3 "grep -c . $procs"
	debian_holds
	debian_has 'active active active active' 'systemctl is-active blobroot-poweroff blobroot-reboot blobroot-halt blobroot-kexec | xargs'
	debian_matches '^Main PID: [0-9]+ \(blobrootd\)' 'systemctl status blobroot | sed "s/^ *//"'
}

# What the end needs is read in the background, once the host is up.
debian_holds() {
	debian_has active 'until [ -s /run/blobroot/held ]; do sleep 1; done; systemctl is-active blobroot-read'
}

debian_root_is_written_and_read() {
	debian_has kept 'echo kept >/root/x && sync && echo 3 >/proc/sys/vm/drop_caches && cat /root/x'
	# A program that nothing has used yet, and a hundred files as their packages have them.
	debian_has 42 'perl -e "print 6 * 7, qq(\n)"'
	debian_has 'all right' 'cd / && cat /var/lib/dpkg/info/lib*.md5sums | head -n 100 | md5sum --quiet -c && echo all right'
	debian_has 'all right' 'echo 3 >/proc/sys/vm/drop_caches
		cd / && cat /var/lib/dpkg/info/lib*.md5sums | head -n 100 | md5sum --quiet -c && echo all right'
}

# Each of the three is told to configure every interface that there is.
debian_network_is_left_alone() {
	address=$(debian_ssh 'ip -4 -o addr show scope global')
	iface=$(echo "$address" | awk '{ print $2 }')
	debian_has unmanaged "nmcli -g GENERAL.STATE device show $iface | sed 's/.*(//; s/)//'"
	debian_has 0 'printf "[Match]\nName=*\n[Network]\nDHCP=yes\n" >/etc/systemd/network/80-all.network
		systemctl restart systemd-networkd && /usr/lib/systemd/systemd-networkd-wait-online --timeout=60; echo $?'
	debian_has 0 "printf 'auto $iface\niface $iface inet dhcp\n' >>/etc/network/interfaces
		systemctl restart networking; echo \$?"
	debian_has 'routable configured' "networkctl --no-legend list $iface | awk '{ print \$4, \$5 }'"
	debian_has "$address" 'systemctl stop systemd-networkd.socket systemd-networkd networking NetworkManager
		ip -4 -o addr show scope global'
	debian_has 'valid_lft forever' "ip -4 addr show $iface | grep -o 'valid_lft forever'"
}

debian_daemon_cannot_be_lost() {
	before=$(debian_ssh "sort $procs")
	# The kernel looks for what to kill for want of memory, and finds this one, and then the next.
	debian_matches 'Killed process .* oom_score_adj:1000' 'systemd-run -q -p OOMScoreAdjust=1000 sleep 1d
		until pgrep -x sleep; do :; done
		echo f >/proc/sysrq-trigger; until dmesg | grep "Killed process"; do sleep 1; done'
	for way in daemon-reexec 'isolate multi-user.target' 'stop blobroot'; do
		debian_ssh "systemctl $way" 2>/dev/null
	done
	debian_has active 'systemctl is-active blobroot'
	debian_has "$before" "sort $procs"
	debian_has restarts=0 "$blobrootd status | grep ^restarts"
}

# An extension is a published image, too. Without a network of its own, a container needs nothing of the kernel's modules.
debian_runs_containers_of_an_extension() {
	ln -s "$boot_build"/images/podman.erofs* www/
	debian_has 'podman' "mkdir -p /run/extensions/podman
		$blobrootd mount-image $guest_url/podman.erofs /run/extensions/podman \
			rd.blob.roothash=$(cat "$boot_build/images/podman.erofs.roothash") && systemd-sysext merge 2>/dev/null && ls /run/extensions"
	podman='podman --root /run/pod/root --runroot /run/pod/run --storage-driver overlay --cgroup-manager cgroupfs --events-backend file'
	# Its own overlay over the root, which is one.
	debian_has 'in it' "$podman run --rm --network none --rootfs /:O sh -c 'echo in it >/written && cat /written'; ls /written 2>/dev/null"
	debian_has 42 "mkdir -p /etc/containers && echo '{\"default\":[{\"type\":\"insecureAcceptAnything\"}]}' >/etc/containers/policy.json
		tar -C /run/blobroot/home -c bin | $podman import - tiny:1 >/dev/null 2>&1
		$podman run --rm --network none tiny:1 sh -c 'echo \$((6 * 7))'"
	debian_has 0 'systemd-sysext unmerge 2>/dev/null; umount /run/extensions/podman; echo $?'
	# As a user's podman does it. (On an extended /usr it would be the third overlay, and Linux has two at most.)
	debian_has 42 "setpriv --reuid 65534 --regid 65534 --clear-groups unshare -rm sh -c '
		mount -t tmpfs none /mnt && mkdir /mnt/upper /mnt/work /mnt/all &&
		mount -t overlay -o lowerdir=/usr,upperdir=/mnt/upper,workdir=/mnt/work,userxattr none /mnt/all &&
		/mnt/all/bin/perl -e \"print 6 * 7\"'"
}

# A reader that waits cannot be frozen, and so the host is not suspended, and all goes on. (fusectl says whether one waits;
# the shell needs no other program meanwhile.) Without one it is, until its clock wakes it. (QEMU's
# machine cannot be powered off after that: end the host in another way.)
debian_is_suspended() {
	# What reads in the background would wait for a frozen engine, and could not be frozen itself.
	debian_holds
	debian_has 'waits busy all right' "cat /var/lib/dpkg/info/*.md5sums | tail -n 200 >/run/sums; md5sum /dev/null >/dev/null
		echo 2000 >/sys/power/pm_freeze_timeout
		read -r engine <<<\$($blobrootd status engine); kill -STOP \$engine
		(cd / && md5sum --quiet -c /run/sums && echo all right >/run/sums.said) &
		until waits=0; for i in /sys/fs/fuse/connections/*/waiting; do read -r n <\$i; : \$((waits += n)); done; [ \$waits -gt 0 ]; do :; done
		echo +60 >/sys/class/rtc/rtc0/wakealarm
		echo -n 'waits '; echo mem 2>/dev/null >/sys/power/state || echo -n 'busy '
		echo 0 >/sys/class/rtc/rtc0/wakealarm
		kill -CONT \$engine; wait; cat /run/sums.said"
	# Some other reader may wait just then.
	debian_has 0 'n=0; until rtcwake -m mem -s 20 >/dev/null 2>&1; do [ $((n += 1)) -lt 20 ] || break; sleep 1; done; rtcwake -m disable >/dev/null 2>&1; [ $n -lt 20 ]; echo $?'
	debian_matches 'Waking up from system sleep state S3' dmesg
	debian_has 'all right' 'cd / && cat /var/lib/dpkg/info/*.md5sums | tail -n 300 | head -n 100 | md5sum --quiet -c && echo all right'
}

# What is in use stays, and the way to the end of the host, and its name servers, are in use.
debian_is_unmounted() {
	debian_has 32 'umount -af 2>/dev/null; echo $?'
	debian_has 'all right' 'echo 3 >/proc/sys/vm/drop_caches
		cd / && cat /var/lib/dpkg/info/lib*.md5sums | tail -n 100 | md5sum --quiet -c && echo all right'
	debian_has 'nameserver 192.0.2.1' 'grep ^nameserver /etc/resolv.conf'
	debian_has shutdown 'cd /run/initramfs && ls shutdown'
}

# systemd starts all over, on the same root: everything is new but what serves it.
debian_reboots_softly() {
	before=$(debian_ssh "sort $procs")
	old=$(debian_ssh 'systemctl show -P MainPID ssh')
	debian_ssh 'systemctl --no-block soft-reboot'
	rm -f ssh
	until new=$(debian_ssh 'systemctl show -P MainPID ssh' 2>/dev/null) && [ "$new" != "$old" ] && [ "$new" != 0 ]; do
		debian_runs
		sleep 1
	done
	debian_ssh 'systemctl is-system-running --wait; systemctl --failed --no-legend --plain' >state
	debian_has "$before" "sort $procs"
	debian_has restarts=0 "$blobrootd status | grep ^restarts"
}

# kexec_file_load(2) is system call 320, and its flag 4 is a kernel without initramfs: it panics for want of a root.
debian_loads_a_kernel() {
	debian_has 1 'exec 3<>/dev/tcp/boot.lan/80 && printf "GET /vmlinuz HTTP/1.0\r\n\r\n" >&3 &&
		LC_ALL=C sed "1,/^\r\$/d" <&3 >/run/vmlinuz &&
		perl -e "open(K, q(<), q(/run/vmlinuz)); my \$c = qq(console=ttyS0 panic=-1\\0);
			syscall(320, fileno(K), -1, length(\$c), \$c, 4)" && cat /sys/kernel/kexec_loaded'
}

debian_ends_by_kexec() {
	debian_ssh 'systemctl --no-block kexec'
	wait "$debian_vm"
	atf_check test $? -eq 3
	tr -d '\r' <console.raw >console
	atf_check -o inline:"2\n" grep -ac 'Linux version [67]' console
	boot_has 'Kernel panic - not syncing: VFS: Unable to mount root'
}
