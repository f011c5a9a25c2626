# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034 # the caller uses host
#
# A real server on this machine, at the other end of a line. Sourced at the top of the tree; the caller has a network of its own.

far_top=$PWD

# serve_far DIR MBIT MS: serves DIR/www, over a line of so many megabits a second, on which an answer takes MS milliseconds
# more (line.c); MBIT 0: on loopback. Sets host, and pids: what the caller has to end. In an empty directory, which is the caller's.
serve_far() {
	mkfifo words port
	ip link set lo up
	host=10.9.0.1
	far='unshare -n'
	if [ "$2" -eq 0 ]; then
		host=127.0.0.1
		far=''
	fi
	echo "server { listen 80; root $1/www; }" >site
	# The server is in a network of its own, too.
	# shellcheck disable=SC2016 # the inner shell's
	$far setpriv --pdeathsig TERM sh -euc 'echo up
		read -r word <words
		[ "$word" = here ] || { ip addr add 10.9.0.1/32 peer 10.9.0.2 dev far; ip link set far up; }
		exec "$0" --site site' "$far_top/qemu/serve" >port &
	pids=$!
	exec 4<port
	read -r _ <&4
	if [ "$2" -eq 0 ]; then
		echo here >words
	else
		mkfifo line.in line.out
		"$far_top/build/bench/line" near far "$2" "$(($3 / 2))" <line.in >line.out &
		pids="$pids $!"
		exec 3>line.in
		read -r _ <line.out
		ip link set far netns "${pids%% *}"
		ip addr add 10.9.0.2/32 peer 10.9.0.1 dev near
		ip link set near up
		echo there >words
	fi
	read -r _ <&4
}
