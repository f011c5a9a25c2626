# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# For atf-sh boot tests: limits the number of machines that run at a time to the number of processors, and shares one
# boot among several cases.
#
# Flow: boot.sh and debian.sh call turn_take before a machine starts and turn_give when it has ended. Test bodies call
# turn_shared. Both only work under tests/run, which names their directories; a case that is run by hand needs no turn
# and boots by itself. The time that a case waited for others does not count: it goes to ./waits, for tests/figures.

# shellcheck disable=SC2154 # atf-sh's own
turn_case=$(basename "$(atf_get_srcdir)")/$Prog_Name:$(atf_get ident)

# turn_waited SECONDS-SINCE-1970
turn_waited() {
	[ -z "${BLOBROOT_TURNS:-}" ] || echo "$turn_case $(($(date +%s) - $1))" >>"$BLOBROOT_TURNS/../waits"
}

# Reserves one processor for this case's machines, until turn_give or the end of the case. Who has one takes no second.
# Descriptor 6 holds the lock, and programs that the case starts must not inherit it: 6>&-.
# A machine that mostly sleeps needs no turn: turn_needless=1.
turn_take() {
	[ -n "${BLOBROOT_TURNS:-}" ] && [ -z "${turn_needless:-}${turn_is_ours:-}" ] || return 0
	turn_is_ours=1
	turn_since=$(date +%s)
	# First come, first served.
	exec 5>>"$BLOBROOT_TURNS/queue"
	flock 5
	while :; do
		for turn_number in $(seq "$(nproc)"); do
			exec 6>>"$BLOBROOT_TURNS/$turn_number"
			! flock -n 6 || break 2
		done
		sleep 0.2
	done
	exec 5>&-
	turn_waited "$turn_since"
}

turn_give() {
	turn_is_ours=''
	exec 6>&-
}

# turn_shared NAME: the first case of any program that gets here calls the function NAME (hosts.sh), which boots, in a
# separate directory, $turn_dir; the same NAME over another transport (over.sh) is another boot. For all cases ./console and
# ./log are those of that boot.
turn_shared() {
	turn_dir=${BLOBROOT_SHARED:-$PWD/shared}/$1.${over_host:?}
	mkdir -p "${turn_dir%/*}"
	turn_since=$(date +%s)
	exec 5>>"$turn_dir.lock"
	flock 5
	turn_waited "$turn_since"
	if [ ! -e "$turn_dir.end" ]; then
		rm -rf "$turn_dir"
		mkdir "$turn_dir"
		(
			exec 5>&-
			cd "$turn_dir" && "$1"
		) >"$turn_dir.out" 2>&1
		echo "$? $turn_case" >"$turn_dir.end"
	fi
	exec 5>&-
	read -r turn_status turn_booted <"$turn_dir.end"
	cat "$turn_dir.out"
	ln -s "$turn_dir/console" "$turn_dir/log" .
	[ "$turn_status" -eq 0 ] || [ "$turn_booted" = "$turn_case" ] ||
		atf_fail "the boot of $1, which $turn_booted has made for this case too, failed"
	# The output above says why.
	[ "$turn_status" -eq 0 ] || exit 1
}
