# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# The machine: started, and attended to while it runs.
# shellcheck disable=SC2034,SC2154 # variables of qemu/boot

# vm_run OPTION..: OPTIONs are for qemu/run. Sets vm_status.
vm_run() {
	console=${console:-$work/console}
	: >"$console"
	: >"$work/failed"
	vm_initrd=$initrd
	if [ -n "$guest" ]; then
		vm_initrd=$work/initrd
		guest_pack "$initrd" "$vm_initrd"
		guest_list_ports >"$work/ports"
		while read -r vm_option && read -r vm_value; do
			set -- "$@" "$vm_option" "$vm_value"
		done <"$work/ports"
	fi
	[ -z "$fail" ] || set -- "$@" --fail "$fail"
	if [ -n "$ssh" ]; then
		[ "$ssh" != any ] || ssh=$("$here/free-port")
		set -- "$@" --forward "$ssh:22"
		note "ssh: port $ssh of 127.0.0.1"
	fi
	case $words in *' ip='*) ;; *) words=" ip=dhcp$words" ;; esac
	exec 3</dev/null 4>/dev/null
	[ -z "$tty" ] || exec 3<&0 4>&1
	vm=begun
	boot_child "$here/run" --kernel "$kernel" --initrd "$vm_initrd" --console "$console" --timeout "$limit" \
		--append "$image_words rd.blob.contact=60 panic=-1$words" "$@" <&3 >&4 2>"$work/said" &
	vm=$!
	exec 3<&- 4>&-
	vm_attend
	vm_status=0
	wait "$vm" || vm_status=$?
	vm=''
	# The last of the output goes out, however slow the reader is.
	# shellcheck disable=SC2086 # process IDs
	[ -z "$followers" ] || wait $followers || :
	# shellcheck disable=SC2086 # process IDs
	child_end $watcher $listener
	followers='' watcher='' listener=''
}

# What happens while the machine runs: the command's output is ours, and it waits for the line that is expected.
vm_attend() {
	if [ -n "$guest" ]; then
		guest_listen &
		listener=$!
	fi
	if [ -n "$command" ]; then
		: >"$work/out"
		: >"$work/err"
		vm_follow "$work/out" &
		followers=$!
		vm_follow "$work/err" >&2 &
		followers="$followers $!"
	fi
	if [ -n "$expect" ]; then
		vm_watch &
		watcher=$!
	fi
}

# Ends when the machine has ended.
vm_follow() { exec tail -s 0.1 -c +1 -f --pid "$vm" "$1" 2>/dev/null; }

# A prompt has no line end, so this looks at the console as it is.
vm_watch() {
	until vm_find "$expect" >"$work/line" || ! kill -0 "$vm" 2>/dev/null; do sleep 0.3; done
	[ -s "$work/line" ] || return 0
	mv "$work/line" "$work/seen"
	if [ -n "$guest" ]; then echo go 1<>"$work/control.in"; else kill "$vm"; fi
}

# vm_find REGEX: the first line of the console that has it.
vm_find() { tr -d '\r\000' <"$console" | LC_ALL=C grep -a -m 1 -E -e "$1"; }
