# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# What came of a run: our exit status, and why in one line.
# shellcheck disable=SC2034,SC2154 # variables of qemu/boot

# judge: sets verdict, and says why, behind the end of the console if that may help.
judge() {
	ended=$(cat "$work/ended" 2>/dev/null) || ended=''
	why=''
	[ -z "$ended" ] || guest_unpack
	# The machine may have ended before anybody looked.
	if [ -n "$expect" ] && [ ! -e "$work/seen" ] && vm_find "$expect" >"$work/line"; then
		mv "$work/line" "$work/seen"
	fi
	if [ -n "$fail" ] && judge_line=$(vm_find "$fail"); then
		verdict=1 why="--fail: $judge_line"
	elif [ -n "$ended" ]; then
		verdict=0
		while IFS= read -r judge_line; do
			verdict=1
			note "$judge_line"
		done <"$work/failed"
		[ "$ended" = 0 ] || verdict=1 why="--run: status $ended"
	elif [ -z "$guest" ] && [ -e "$work/seen" ]; then
		verdict=0
		cat "$work/seen"
	else
		judge_explain
	fi
	[ -z "$why" ] || note "$why"
	report
}

# What has ended the machine before all came true.
judge_explain() {
	verdict=$vm_status
	[ "$verdict" -ne 0 ] || [ -z "$guest$expect" ] || verdict=5
	case $verdict in
	0) ;;
	3)
		why=$(judge_grep '.*blobroot: boot failed: ')
		case $why in *': no init: '*) ! image_is_container || why=$(image_say_container) ;; esac
		if [ -n "$why" ]; then
			why="the guest did not boot: $why"
		else
			judge_show_console
			why="the guest panicked: $(judge_grep '.*Kernel panic - not syncing: ')"
		fi
		;;
	4) judge_show_console && why="the time limit of $limit s is over$(judge_explain_silence)" ;;
	5) judge_show_console && why="the guest ended before all came true" ;;
	*)
		[ "$verdict" -eq 2 ] || verdict=1
		why=$(grep . "$work/said" | tail -n 1)
		why=${why#qemu/*: } why=${why:-QEMU was ended from outside}
		;;
	esac
}

# A guest that has not got as far as the command may have a reason that is known.
judge_explain_silence() {
	if [ -n "$guest" ] && [ ! -e "$work/begun" ] && vm_find 'blobroot: root is up:' >/dev/null; then
		echo ": no word from the guest: this initramfs has no hooks, or the kernel no virtio console"
	elif vm_find 'Press any key to proceed' >/dev/null; then
		# An image of mkosi's is at its first boot, always.
		echo ": systemd-firstboot waits for an answer: give it in the image, or -- systemd.firstboot=off"
	fi
}

# judge_grep REGEX: what follows it in the first line that has it.
judge_grep() { tr -d '\r' <"$console" | sed -n "s/$1//p" | head -n 1; }

# Without control characters, which a terminal would obey.
judge_console_end() { [ ! -e "$console" ] || tail -n 20 "$console" | tr -d '\000-\010\013-\037\177'; }

# With a line end, which a prompt has not.
# shellcheck disable=SC1003 # sed's own
judge_show_console() { judge_console_end | sed '$a\' >&2; }
