# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# A boot that cannot continue ends as with dracut: rd.shell starts a shell on the console, rd.emergency= says what
# to do then. Without them init ends, which is a kernel panic and obeys panic=SECONDS.

# fail_boot TEXT: TEXT is `what: why`. Never returns. Do not call it in a subshell: it would only end that.
fail_boot() {
	[ -z "${fail_said-}" ] || exit 1
	fail_said=yes
	log_stop_waiting
	log_error "boot failed: $1"
	set +x
	if cmdline_has rd.shell; then
		fail_shell 'The boot does not go on from here'
	fi
	fail_as_told
	exit 1
}

fail_as_told() {
	case $(cmdline_get rd.emergency) in
	reboot) reboot -f ;;
	poweroff) poweroff -f ;;
	halt) halt -f ;;
	esac
}

# fail_break: rd.break asks for a shell before the switch to the root; the boot goes on after it.
fail_break() {
	! cmdline_words | grep -qx 'rd\.break\(=pre-pivot\)\{0,1\}' || fail_shell 'The boot goes on when it ends'
}

# cttyhack finds the tty behind /dev/console, which itself cannot be a controlling terminal.
fail_shell() {
	echo "A shell for looking around. $1: leave it with exit."
	setsid cttyhack sh -i || sh -i
}
