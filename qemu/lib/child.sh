# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# How a script ends the processes that it has started.

# child_end PID..: ends them, and waits for them. `begun` is the last that was started: a signal may come before its ID is noted.
# TERM is sent until the process is gone, because one can be lost: where the shell has a trap, dash forgets one that comes before the
# child has executed its program; and nginx looks for one only when it wakes up.
child_end() {
	for child; do
		[ "$child" != begun ] || child=${!:-}
		while kill "$child" && read -r _ _ child_state _ <"/proc/$child/stat" && [ "$child_state" != Z ]; do
			sleep 0.05
		done
		wait "$child" || :
	done 2>/dev/null
}
