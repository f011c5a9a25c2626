# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# One line per fact, `blobroot: subject: what: why`, to the kernel log and to the console, once each.
#
# /dev/kmsg reaches both, unless the console's log level (`quiet`) hides the line; then it is written to the
# console as well. Without printk_devkmsg=on the kernel drops lines if there are more than ten in five seconds.

log_say() { log_line 5 "$1"; }
log_error() { log_line 3 "$1"; }

# log_waiting WHAT COMMAND..: run COMMAND; if it takes more than two seconds, say what we wait for, and how long. It
# runs in this shell, and may set variables.
log_waiting() {
	log_heartbeat echo "$1" &
	log_heart=$!
	shift
	"$@"
	log_status=$?
	log_stop_waiting
	return "$log_status"
}

log_stop_waiting() {
	[ -n "${log_heart-}" ] || return 0
	kill "$log_heart" 2>/dev/null
	wait "$log_heart" 2>/dev/null
	log_heart=''
}

# log_heartbeat COMMAND..: log what it prints, after 2 s, 4 s, 8 s ..
log_heartbeat() {
	log_seconds=2
	sleep 2
	while log_say "$("$@"): $log_seconds s so far"; do
		sleep "$log_seconds"
		log_seconds=$((log_seconds * 2))
	done
}

# log_line PRIORITY TEXT: priorities are those of syslog(3). TEXT may hold what a DHCP server or a web server said: all
# that is not printable ASCII becomes ?. In a subshell, in which LC_ALL=C makes ranges of characters those of ASCII.
log_line() (
	LC_ALL=C
	case $2 in
	*[!\ -~]*) set -- "$1" "$(printf %s "$2" | tr -c ' -~' '?')" ;;
	esac
	log_put "$blob_prefix/proc/sys/kernel/printk_devkmsg" on
	if ! log_put "$blob_prefix/dev/kmsg" "<$1>blobroot: $2" || log_is_hidden "$1"; then
		log_put "$blob_prefix/dev/console" "blobroot: $2"
	fi
	# A line that cannot be logged is no reason to fail.
	return 0
)

log_put() { echo "$2" 2>/dev/null >>"$1"; }

log_is_hidden() {
	log_shown=7
	read -r log_shown _ <"$blob_prefix/proc/sys/kernel/printk"
	[ "$1" -ge "$log_shown" ] || return 1
	log_ignore=N
	if [ -r "$blob_prefix/sys/module/printk/parameters/ignore_loglevel" ]; then
		read -r log_ignore <"$blob_prefix/sys/module/printk/parameters/ignore_loglevel"
	fi
	[ "$log_ignore" != Y ]
}
