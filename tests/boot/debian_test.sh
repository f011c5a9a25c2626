#!/usr/bin/env atf-sh
# shellcheck shell=sh
# shellcheck source=tests/support/debian.sh
# SPDX-License-Identifier: MIT
#
# An unmodified Debian 13 root, from power-on to the end of the host. Few boots, because each takes minutes under
# emulation, and many promises in each.
# shellcheck disable=SC2016,SC2154 # text for another shell; what lan.sh sets

support=$(cd "$(atf_get_srcdir)/../support" && pwd)

blobrootd=/run/blobroot/home/bin/blobrootd
procs=/sys/fs/cgroup/system.slice/blobroot.service/cgroup.procs

atf_test_case a_host_powers_on_to_debian_13_whose_root_stays_until_it_is_powered_off_without_a_server
a_host_powers_on_to_debian_13_whose_root_stays_until_it_is_powered_off_without_a_server_body() {
	. "$support/debian.sh"
	debian_lan dracut-6.12
	debian_start --firmware bios
	lan_served boot.ipxe vmlinuz initrd.img
	atf_check -o inline:'running\n' cat state
	debian_has active 'systemctl is-active multi-user.target'
	debian_comes_out_right
	debian_root_is_written_and_read
	debian_idles 30
	debian_network_is_left_alone
	debian_daemon_cannot_be_lost
	debian_loses_its_server
	debian_ends poweroff 60
	debian_end_is_clean ram0
	boot_has_not 'by force'
}

debian_comes_out_right() {
	debian_matches '^[0-9a-f]{32}$' 'cat /etc/machine-id'
	debian_has 'nameserver 192.0.2.1' 'grep ^nameserver /etc/resolv.conf'
	debian_has overlay 'stat -f -c %T / | sed s/overlayfs/overlay/'
	# Keeper, engine and DHCP client, in a unit with a name.
	debian_has 3 "grep -c . $procs"
	# What the end needs is read in the background, once the host is up.
	debian_has inactive 'while systemctl -q is-active blobroot-read; do sleep 1; done; systemctl is-active blobroot-read'
	debian_has 'active active active active' 'systemctl is-active blobroot-poweroff blobroot-reboot blobroot-halt blobroot-kexec | xargs'
	debian_matches '^Main PID: [0-9]+ \(blobrootd\)' 'systemctl status blobroot | sed "s/^ *//"'
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

# kexec_file_load(2) is system call 320, and its flag 4 is a kernel without initramfs: it panics for want of a root.
atf_test_case an_initramfs_without_systemd_brings_up_the_same_root_and_kexec_ends_it_without_a_server
an_initramfs_without_systemd_brings_up_the_same_root_and_kexec_ends_it_without_a_server_body() {
	. "$support/debian.sh"
	debian_lan dracut-legacy-6.12
	debian_direct ''
	atf_check -o inline:'running\n' cat state
	debian_comes_out_right
	debian_root_is_written_and_read
	debian_has 1 'exec 3<>/dev/tcp/boot.lan/80 && printf "GET /vmlinuz HTTP/1.0\r\n\r\n" >&3 &&
		LC_ALL=C sed "1,/^\r\$/d" <&3 >/run/vmlinuz &&
		perl -e "open(K, q(<), q(/run/vmlinuz)); my \$c = qq(console=ttyS0 panic=-1\\0);
			syscall(320, fileno(K), -1, length(\$c), \$c, 4)" && cat /sys/kernel/kexec_loaded'
	debian_loses_its_server
	debian_ssh 'systemctl --no-block kexec'
	wait "$debian_vm"
	atf_check test $? -eq 3
	tr -d '\r' <console.raw >console
	debian_end_is_clean ram0
	atf_check -o inline:"2\n" grep -ac 'Linux version 6' console
	boot_has_not 'by force'
	boot_has 'Kernel panic - not syncing: VFS: Unable to mount root'
}

atf_init_test_cases() {
	atf_add_test_case a_host_powers_on_to_debian_13_whose_root_stays_until_it_is_powered_off_without_a_server
	atf_add_test_case an_initramfs_without_systemd_brings_up_the_same_root_and_kexec_ends_it_without_a_server
}
