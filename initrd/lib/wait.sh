# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Waiting for changes in sysfs and devtmpfs: neither notifies a shell of changes, so they are polled, fifty times
# a second at first, and ten times a second after half a second.

# wait_until SECONDS COMMAND..: run COMMAND until it succeeds; false when SECONDS are over; 0 means for ever.
wait_until() {
	wait_left=$1
	shift
	wait_now
	wait_begin=$wait_time
	until "$@"; do
		wait_now
		[ "$wait_left" -eq 0 ] || [ $((wait_time - wait_begin)) -lt $((wait_left * 100)) ] || return 1
		if [ $((wait_time - wait_begin)) -lt 50 ]; then sleep 0.02; else sleep 0.1; fi
	done
}

# Time passes in tests, too: the one path without a prefix.
: "${wait_clock=/proc/uptime}"

# Hundredths of a second since the kernel started: a clock that nobody sets. /proc/uptime has two decimals. With a 1 before
# them, because 08 is an octal number.
wait_now() {
	read -r wait_time _ <"$wait_clock"
	wait_time=$((${wait_time%.*} * 100 + 1${wait_time#*.} - 100))
}
