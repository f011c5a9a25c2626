# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# For atf-sh boot tests: a private LAN of the test. A host boots there from nothing but its network card, with the
# files of qemu/netboot as an operator uses them with dnsmasq and nginx.
#
# Flow: a test body sources it, calls lan_enter, lan_serve and lan_dhcp; then lan_power_on, or boot with
# boot_options="--tap lan0". Requests are in ./http.log, leases in ./leases, dnsmasq's log in ./dnsmasq.log.
# shellcheck disable=SC2034,SC2086,SC2120,SC2154 # variables and words that tests use; httpd_prefix is several

# shellcheck source=tests/support/boot.sh
. "$support/boot.sh"

# The server's side of the LAN is the tap device lan0, with boot.lan's address. Needs no privileges.
lan_enter() {
	{ [ -c /dev/net/tun ] && (: <>/dev/net/tun) 2>/dev/null; } ||
		atf_fail "no LAN: /dev/net/tun is not there, or not for this user to open; qemu/run --tap needs it"
	boot_enter_network
	lan_add lan0
	atf_check $httpd_prefix ip addr add 192.0.2.1/24 dev lan0
	guest_url=http://boot.lan
}

# lan_add NAME: another tap, for a further card of the host; nothing answers on it.
lan_add() {
	atf_check $httpd_prefix ip tuntap add "$1" mode tap
	atf_check $httpd_prefix ip link set "$1" up
}

# lan_site FILE [SED-COMMAND..]: makes ./FILE from that of qemu/netboot, with a site's changes.
lan_site() {
	lan_file=$1
	shift
	set -- "s,/srv/blobroot,$PWD/www," "$@"
	for lan_change; do
		set -- "$@" -e "$lan_change" && shift
	done
	sed "$@" "$boot_top/qemu/netboot/$lan_file" >"$lan_file"
}

# What hosts load; a change to nginx's site.
: "${lan_flavour=busybox-6.12}" "${lan_image=demo.erofs}" "${lan_listen=}"

# lan_serve [WORD..]: nginx, and in ./www everything that a host loads; WORDs are added to the kernel command line.
lan_serve() {
	mkdir -p www
	ln -sf "$boot_build/images/$lan_image" "$boot_build/images/$lan_image.verity" \
		"$boot_build/boot/$lan_flavour/vmlinuz" "$boot_build/boot/$lan_flavour/initrd.img" \
		"$boot_build/ipxe/undionly.kpxe" "$boot_build/ipxe/snponly.efi" www/
	lan_site boot.ipxe "s/demo.erofs/$lan_image/" \
		"s/^set roothash .*/set roothash $(cat "$boot_build/images/$lan_image.roothash")/" \
		"s|^set words .*|set words ip=dhcp panic=-1 $("$boot_top/qemu/words") $*|"
	mv boot.ipxe www/
	lan_site nginx.conf ${lan_listen:+"$lan_listen"}
	mkfifo serve.out
	$httpd_prefix "$boot_top/qemu/serve" --log http.log --site nginx.conf >serve.out &
	lan_server=$!
	read -r _ <serve.out || atf_fail 'nginx does not serve'
}

# The server is gone, and refuses connections.
lan_no_server() {
	kill "$lan_server"
	wait "$lan_server"
}

# lan_dhcp [OPTION..]: dnsmasq. Its configuration is ./dnsmasq.conf, if the test has made one; OPTIONs are dnsmasq's,
# and come after the file.
lan_dhcp() {
	[ -e dnsmasq.conf ] || lan_site dnsmasq.conf
	lan_starts=$(lan_count ' started, ')
	$httpd_prefix env PATH="$PATH:/usr/sbin" dnsmasq --keep-in-foreground --user= --group= --pid-file= --no-resolv --no-hosts \
		--dhcp-leasefile="$PWD/leases" --log-facility="$PWD/dnsmasq.log" --conf-file=dnsmasq.conf "$@" 2>dnsmasq.err &
	lan_dhcp=$!
	# Its sockets are bound by then.
	until [ "$(lan_count ' started, ')" -gt "$lan_starts" ]; do
		kill -0 "$lan_dhcp" || atf_fail "dnsmasq does not start: $(cat dnsmasq.err dnsmasq.log)"
		sleep 0.1
	done
}

# lan_other_dhcp: a DHCP server that leads nowhere, on other0.
lan_other_dhcp() {
	$httpd_prefix env PATH="$PATH:/usr/sbin" dnsmasq --keep-in-foreground --user= --group= --pid-file= --no-resolv --no-hosts \
		--conf-file=/dev/null --port=0 --interface=other0 --bind-interfaces --dhcp-range=198.51.100.100,198.51.100.150 \
		--dhcp-option=3 --dhcp-option=6 --dhcp-leasefile="$PWD/other.leases" --log-facility="$PWD/other.log" &
}

# May be called from a subshell, which is not dnsmasq's parent and cannot wait for it: so look at the log.
lan_no_dhcp() {
	lan_ends=$(lan_count ' exiting on receipt of SIGTERM$')
	kill "$lan_dhcp"
	lan_until $((lan_ends + 1)) ' exiting on receipt of SIGTERM$'
}

# lan_count REGEX [FILE]: how many lines of dnsmasq's log, or of FILE, match.
lan_count() {
	touch "${2:-dnsmasq.log}"
	grep -acE -e "$1" "${2:-dnsmasq.log}" || :
}

# lan_until NUMBER REGEX [FILE]: wait until NUMBER lines match. Only the test's time limit ends this.
lan_until() {
	until [ "$(lan_count "$2" "${3:-}")" -ge "$1" ]; do
		sleep 0.2
	done
}

# lan_power_on FIRMWARE MARKER: run a host with nothing but a card on this LAN, until the marker.
lan_power_on() { boot_run 0 "$2" --firmware "$1" --tap lan0 --timeout 800; }

# lan_served FILE..: nginx has sent each of them.
lan_served() {
	for lan_file; do
		atf_check -o ignore grep "^GET /$lan_file - 200 " http.log
	done
}
