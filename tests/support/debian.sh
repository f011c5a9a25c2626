# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# For atf-sh boot tests: the Debian root on a private LAN of the test, and ssh into it.
#
# Flow: a test body sources it, calls debian_boot, then debian_ssh and debian_has as often as needed, and debian_ends.
# The root is as images/debian makes it: the key is passed as a systemd credential on the kernel command line.
# shellcheck disable=SC2034,SC2086,SC2154 # variables and words that tests use; httpd_prefix is several words

# shellcheck source=tests/support/lan.sh
. "$support/lan.sh"

lan_image=debian.erofs
boot_by_newer_qemu

# debian_lan FLAVOUR: the LAN, the server and the key.
debian_lan() {
	lan_flavour=$1
	lan_enter
	atf_check ssh-keygen -q -t ed25519 -N '' -f key
	debian_words="rd.shell=0 systemd.set_credential_binary=ssh.authorized_keys.root:$(base64 -w 0 key.pub)"
	lan_serve $debian_words
	lan_dhcp
}

# debian_boot FLAVOUR [WORD..]: boot it, and wait until the boot has finished.
debian_boot() {
	debian_lan "$1"
	shift
	debian_direct "$*"
}

# debian_direct WORDS [OPTION..]: the same on an existing LAN, with options of qemu/run; the image is at $guest_url.
debian_direct() {
	debian_more=$1
	shift
	debian_start --kernel "$boot_build/boot/$lan_flavour/vmlinuz" --initrd "$boot_build/boot/$lan_flavour/initrd.img" \
		--append "root=blob:$guest_url/$lan_image rd.blob.roothash=$(cat "$boot_build/images/$lan_image.roothash") ip=dhcp
			panic=-1 $debian_words $debian_more" "$@"
}

# debian_start OPTION..: a host with these options of qemu/run. One CPU, because QEMU may use one thread for all.
debian_start() {
	turn_take
	$httpd_prefix "$boot_top/qemu/run" --console console.raw --timeout 1500 --mem 1200 --cpus 1 --tap lan0 "$@" >end 2>&1 \
		</dev/null 6>&- &
	debian_vm=$!
	until [ -s leases ] && debian_ssh true 2>/dev/null; do
		debian_runs
		sleep 1
	done
	debian_ssh 'systemctl is-system-running --wait; systemctl --failed --no-legend --plain' >state
}

debian_runs() {
	kill -0 "$debian_vm" 2>/dev/null && return
	tr -d '\r' <console.raw | tail -n 60
	tail -n 30 dnsmasq.log http.log
	atf_fail "the host has ended: $(cat end)"
}

# debian_ssh COMMAND: one connection for all commands, and a new one if the host has closed it.
debian_ssh() {
	# The process that keeps the connection outlives the test for a while: it must not keep the test's turn (6>&-).
	read -r _ _ debian_address _ <leases
	for _ in 1 2 3; do
		$httpd_prefix ssh -F none -q -i key -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
			-o ConnectTimeout=60 -o ServerAliveInterval=60 -o ControlMaster=auto -o ControlPersist=yes \
			-o "ControlPath=$PWD/ssh" "root@$debian_address" "$@" </dev/null 6>&-
		debian_status=$?
		[ "$debian_status" -eq 255 ] || return "$debian_status"
		rm -f ssh
	done
	return 255
}

# debian_has TEXT COMMAND: COMMAND prints exactly TEXT. debian_matches: a line of its output matches.
debian_has() {
	debian_got=$(debian_ssh "$2" 2>ssh.err)
	[ "$debian_got" = "$1" ] || debian_fail "$2: '$debian_got', not '$1': $(cat ssh.err)"
}
debian_matches() {
	debian_got=$(debian_ssh "$2" 2>ssh.err)
	echo "$debian_got" | grep -qE -e "$1" || debian_fail "$2: '$debian_got' does not match $1: $(cat ssh.err)"
}
debian_fail() {
	tr -d '\r' <console.raw | tail -n 30
	# kyua accepts only one line.
	atf_fail "$(echo "$1" | tr '\n' ' ')"
}

# debian_idles SECONDS: while nothing is read, the engine wakes up less than once per second, the keeper hardly ever,
# and neither grows.
debian_idles() {
	debian_figures=$(cat "$boot_top/tests/boot/guest/figures")
	debian_ssh "$debian_figures" | sort >before
	# On a busy machine the guest's clock can run fast; the guest sleeps by that clock.
	debian_ssh "sleep $1"
	debian_ssh "$debian_figures" | sort >after
	paste -d ' ' before after |
		awk '{ print $1, $2 == $6 ? "same" : "another", "wakeups=" $7 - $3, "grown=" $8 - $4, "resident=" $8 }' |
		tee idle
	# Code that the engine runs for the first time may touch a page or two.
	awk -v seconds="$1" '$2 == "same" { split($3, wakeups, "="); split($4, grown, "=")
			keeper = $1 == "keeper"
			if (wakeups[2] < (keeper ? seconds / 6 : seconds) && grown[2] <= (keeper ? 0 : 8)) idle[$1] = 1 }
		END { exit !(idle["keeper"] && idle["engine"]) }' idle || debian_fail "not idle in $1 s: $(cat idle)"
}

# From here on the host can read only what is in its store.
debian_loses_its_server() {
	lan_no_server
	debian_ssh 'echo 3 >/proc/sys/vm/drop_caches'
}

# debian_ends VERB SECONDS: `systemctl VERB`, and the host must be down within SECONDS, by its own clock or ours. A job
# that does not stop takes 90.
debian_ends() {
	debian_clock=$(date +%s)
	# shellcheck disable=SC2016 # for the host's shell, which may have no server: no other program is needed
	debian_from=$(debian_ssh 'read -r up _ </proc/uptime; echo "${up%.*}"; systemctl --no-block '"$1" | head -n 1)
	wait "$debian_vm" || atf_fail "qemu/run ended with $?: $(cat end)"
	tr -d '\r' <console.raw >console
	debian_to=$(grep -aoE '\[ *[0-9]+\.[0-9]+\] reboot: ' console | tail -n 1 | tr -dc '0-9.')
	[ -n "$debian_to" ] || atf_fail "$1: the kernel has not said that it ends"
	# On a busy machine the guest's clock can run fast.
	[ $((${debian_to%%.*} - debian_from)) -le "$2" ] || [ $(($(date +%s) - debian_clock)) -le "$2" ] ||
		atf_fail "$1: took from $debian_from to $debian_to"
	boot_is_clean
}

# debian_end_is_clean [DEVICE]: the root was unmounted before the daemon went, and the store, on DEVICE, after it.
debian_end_is_clean() {
	case $lan_flavour in *stock* | *-7.3) debian_transport=fuse ;; *) debian_transport=cachefiles ;; esac
	boot_has "blobroot: root is up: transport=$debian_transport fetched="
	boot_has 'blobroot: shutdown: the root is unmounted'
	boot_has_not 'blobroot: shutdown: still|by force'
	[ -z "${1:-}" ] || boot_has "EXT4-fs \\($1\\): unmounting filesystem"
	boot_has_not 'EXT4-fs error|I/O error|A stop job is running'
}
