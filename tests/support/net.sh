# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# For atf-sh tests: a private network of the test, a name server in it, and a second host.
#
# Flow: a test body calls net_enter before it starts a server. Servers and daemon then run there, and so does
# `./net COMMAND`, also from a script of the fake kernel.
# shellcheck disable=SC2034 # variables that are httpd.sh's and kernel.sh's

# In this network the test can change addresses as it likes, and /etc/resolv.conf is ./resolv.conf.
net_enter() {
	echo 'nameserver 127.0.0.1' >resolv.conf
	# Root needs no user namespace for this; for other users, the daemon must not think that it is root there.
	net_new='-n -m' net_into='-n -m'
	unshare -n -m true 2>/dev/null || net_new='-n -m --map-current-user --keep-caps' net_into='-U -n -m --preserve-credentials'
	mkfifo net.in net.out
	# shellcheck disable=SC2086 # lists of words
	unshare $net_new sh <net.in >net.out 2>&1 &
	net_pid=$!
	exec 8>net.in 7<net.out
	httpd_prefix="nsenter -t $net_pid $net_into --wd=$PWD"
	kernel_prefix=$httpd_prefix
	# shellcheck disable=SC2016 # for later
	printf '%s\n' '#!/bin/sh' 'echo "$* && echo did-it || echo failed" >net.in' 'read -r said <net.out' '[ "$said" = did-it ]' >net
	chmod 755 net
	net_do mount --bind "$PWD/resolv.conf" /etc/resolv.conf
	net_do ip link set lo up
}

net_do() { ./net "$@" || atf_fail "cannot: $*"; }

# net_names ADDRESS|none: every name resolves to ADDRESS, or no name exists; later what ./address says holds. Queries are in ./asked.
net_names() {
	echo "$1" >address
	mkfifo dns.out
	$httpd_prefix "${support:?}/dns" @address >dns.out 7<&- 8>&- &
	cat <dns.out >asked 7<&- 8>&- &
	until grep -q up asked 2>/dev/null; do kill -0 $! || atf_fail 'no name server'; done
}

# Another host at 10.77.0.1, reached with $far_prefix; we are 10.77.0.2.
net_far_host() {
	mkfifo far.out
	# shellcheck disable=SC2016 # for there
	net_do 'unshare -n sh -c "echo \$\$ >far.out; exec sleep 3000" & true'
	read -r far <far.out
	net_do ip link add near type veth peer name far netns "$far"
	net_do "ip addr add 10.77.0.2/24 dev near && ip link set near up"
	far_prefix="nsenter -t $far $net_into --wd=$PWD"
	net_do "nsenter -t $far -n ip addr add 10.77.0.1/24 dev far && nsenter -t $far -n ip link set far up"
}
