# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034,SC2154 # the caller uses http, and has pids and rounds
#
# Guests that measure reads through their root, beside NBD of the same image (guest/throughput). Sourced, after figures.sh.

# Two processors at once even where qemu/run would not dare: a figure is worth an Oops in seventy boots, which ends
# the run with its console.
accel=$(cat build/qemu/accel 2>/dev/null) || accel=''
[ "$accel" != tcg ] || accel=tcg,thread=multi

# serve_delayed DIR MS: both servers of build/bench/www wait as long before each answer; sets http and nbd, and adds to pids.
serve_delayed() {
	rm -rf "$1/faults" "$1/out"
	mkdir -p "$1/faults"
	mkfifo "$1/out"
	if [ "$2" -eq 0 ]; then
		qemu/serve --log "$1/log" build/bench/www >"$1/out" &
	else
		echo "delay=$2" >"$1/faults/delay"
		build/bench/httpd --log "$1/log" --faults "$1/faults" build/bench/www >"$1/out" &
	fi
	pids="$pids $!"
	read -r http <"$1/out"
	rm -f "$1/nbd.pid"
	nbd=$((20000 + $$ % 20000))
	nbdkit -f -r -P "$1/nbd.pid" -i 127.0.0.1 -p "$nbd" --filter=delay file build/bench/www/bench.erofs rdelay="${2}ms" &
	pids="$pids $!"
	until [ -s "$1/nbd.pid" ]; do
		kill -0 $! || { echo 'bench: nbdkit does not run' >&2; exit 1; }
	done
}

# guest_reads DIR FLAVOUR INITRD RANDOM WORD..: one boot beside these servers, with RANDOM random reads a round. Its console is in
# DIR/console, its figures in DIR/lines. $guest_drive is a disk for it.
guest_reads() {
	guest_dir=$1 guest_kernel=build/boot/$2/vmlinuz guest_initrd=$3 guest_random=$4
	shift 4
	qemu/run --kernel "$guest_kernel" --initrd "$guest_initrd" --mem 1500 --console "$guest_dir/console.raw" --timeout 1800 \
		--marker 'BENCH done' --append "root=blob:http://10.0.2.2:$http/bench.erofs ip=dhcp $* quiet panic=-1
			demo.nocheck demo.run=throughput bench.http=$http bench.nbd=$nbd bench.rounds=$rounds bench.random=$guest_random" \
		${guest_drive:+--drive "$guest_drive"} --accel "$accel" >/dev/null || { tail -n 30 "$guest_dir/console.raw" >&2; exit 1; }
	tr -d '\r' <"$guest_dir/console.raw" >"$guest_dir/console"
	grep -a -E '^(BENCH|PROCESS)' "$guest_dir/console" >"$guest_dir/lines"
}

# of FILE WHAT: the median of its rounds.
of() { awk -v what="$2" '$1 == "BENCH" && $2 == what && NF == 4 { print $4 }' "$1" | median; }
