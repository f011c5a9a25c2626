# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# The kernel command line, for the parameters that dracut defines: ip=, rd.shell, init= and the like.
# `blobrootd cmdline` parses blobroot's own. Words are split at blanks; quotes are not interpreted. Code that splits
# them uses set -f, because a word is no pattern of file names.
#
# Every path in these files begins with $blob_prefix, which is empty except in tests.

: "${blob_prefix=}"

# dracut adds the words of /etc/cmdline.d to the kernel's.
: "${cmdline_file=$blob_prefix/proc/cmdline}"

# cmdline_words: all words, one per line.
cmdline_words() { tr '[:blank:]' '\n' <"$cmdline_file"; }

# cmdline_all NAME: the value of every word NAME=VALUE, one per line, in order.
cmdline_all() {
	cmdline_words | sed -n "s/^$(echo "$1" | sed 's/\./\\./g')=//p"
}

# cmdline_get NAME: the value of the last word NAME=VALUE; false if there is none.
cmdline_get() {
	cmdline_value=$(cmdline_all "$1" | tail -n 1)
	[ -n "$cmdline_value" ] && echo "$cmdline_value"
}

# cmdline_has NAME: is the switch NAME on, alone or with a value that is not 0, no or off? The last one
# counts.
cmdline_has() {
	cmdline_last=$(cmdline_words | grep -e "^$(echo "$1" | sed 's/\./\\./g')\(=.*\)\{0,1\}\$" | tail -n 1)
	case $cmdline_last in
	'' | "$1=0" | "$1=no" | "$1=off") return 1 ;;
	esac
}

# cmdline_is_off NAME: is the switch NAME, which is on by default, off, by 0, no or off? The last one counts.
cmdline_is_off() {
	case $(cmdline_get "$1") in
	0 | no | off) ;;
	*) return 1 ;;
	esac
}

# cmdline_ours: blobroot's own parameters, one per line.
cmdline_ours() {
	cmdline_words | grep -E '^(root=blob:|rd\.blob\.)'
}
