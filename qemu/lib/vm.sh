# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# The machine: started, attended to while it runs, and what came of it.
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
	case " $words" in
	*' ip='*) ;;
	*) words=" ip=dhcp$words" ;;
	esac
	exec 3</dev/null 4>/dev/null
	[ -z "$tty" ] || exec 3<&0 4>&1
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
	work_kill $watcher $listener
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

# vm_judge: sets verdict, our exit status, and says why in one line, behind the end of the console if that may help.
vm_judge() {
	ended=$(cat "$work/ended" 2>/dev/null) || ended=''
	why=''
	if [ -n "$fail" ] && vm_line=$(vm_find "$fail"); then
		verdict=1 why="--fail: $vm_line"
	elif [ -n "$ended" ]; then
		verdict=0
		guest_unpack
		while read -r vm_line; do
			verdict=1
			note "$vm_line"
		done <"$work/failed"
		[ "$ended" = 0 ] || verdict=1 why="--run: status $ended"
	elif [ -z "$guest" ] && [ -e "$work/seen" ]; then
		verdict=0
		cat "$work/seen"
	else
		vm_explain
	fi
	[ -z "$why" ] || note "$why"
	report
}

# What has ended the machine before all came true.
vm_explain() {
	verdict=$vm_status
	[ "$verdict" -ne 0 ] || [ -z "$guest$expect" ] || verdict=5
	case $verdict in
	0) ;;
	3)
		why=$(vm_grep '.*blobroot: boot failed: ')
		case $why in *': no init: '*) ! image_is_container || why=$(image_say_container) ;; esac
		[ -z "$why" ] || why="the guest did not boot: $why"
		[ -n "$why" ] || { vm_show_console && why="the guest panicked: $(vm_grep '.*Kernel panic - not syncing: ')"; }
		;;
	4) vm_show_console && why="the time limit of $limit s is over$(vm_explain_silence)" ;;
	5) vm_show_console && why="the guest ended before all came true" ;;
	*)
		[ "$verdict" -eq 2 ] || verdict=1
		why=$(grep . "$work/said" | tail -n 1)
		why=${why#qemu/*: } why=${why:-QEMU was ended from outside}
		;;
	esac
}

# A guest that has not got as far as the command may have a reason that is known.
vm_explain_silence() {
	if [ -n "$guest" ] && [ ! -e "$work/begun" ] && vm_find 'blobroot: root is up:' >/dev/null; then
		echo ": no word from the guest: this initramfs has no hooks, or the kernel no virtio console"
	elif vm_find 'Press any key to proceed' >/dev/null; then
		# An image of mkosi's is at its first boot, always.
		echo ": systemd-firstboot waits for an answer: give it in the image, or -- systemd.firstboot=off"
	fi
}

# vm_grep REGEX: what follows it in the first line that has it.
vm_grep() { tr -d '\r' <"$console" | sed -n "s/$1//p" | head -n 1; }

# Without what a terminal would obey.
boot_console_end() { tail -n 20 "$console" | tr -d '\000-\010\013-\037\177'; }

# With a line end, which a prompt has not.
# shellcheck disable=SC1003 # sed's own
vm_show_console() { boot_console_end | sed '$a\' >&2; }
