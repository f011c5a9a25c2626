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

# Nothing here starts a program. There are dozens of such calls in a boot, and each program takes time on a slow processor.

# cmdline_each COMMAND..: run it with each word, in order. No word is a pattern, and rd.debug does not trace it word by word.
cmdline_each() {
	cmdline_flags=$-
	set -f +x
	while read -r cmdline_line || [ -n "$cmdline_line" ]; do
		for cmdline_word in $cmdline_line; do
			"$@" "$cmdline_word"
		done
	done <"$cmdline_file"
	case $cmdline_flags in *f*) ;; *) set +f ;; esac
	case $cmdline_flags in *x*) set -x ;; esac
}

# cmdline_words: all words, one per line.
cmdline_words() { cmdline_each printf '%s\n'; }

# cmdline_all NAME: the value of every word NAME=VALUE, one per line, in order.
cmdline_all() { cmdline_each cmdline_print_value "$1"; }

cmdline_print_value() { case $2 in "$1="*) printf '%s\n' "${2#*=}" ;; esac; }

# cmdline_get NAME: the value of the last word NAME=VALUE; false if there is none.
cmdline_get() {
	cmdline_last=''
	cmdline_each cmdline_keep_value "$1"
	[ -n "$cmdline_last" ] && printf '%s\n' "$cmdline_last"
}

cmdline_keep_value() { case $2 in "$1="*) cmdline_last=${2#*=} ;; esac; }

# cmdline_has NAME: is the switch NAME on, alone or with a value that is not 0, no or off? The last one
# counts.
cmdline_has() {
	cmdline_last=''
	cmdline_each cmdline_keep_switch "$1"
	case $cmdline_last in
	'' | "$1=0" | "$1=no" | "$1=off") return 1 ;;
	esac
}

cmdline_keep_switch() { case $2 in "$1" | "$1="*) cmdline_last=$2 ;; esac; }

# cmdline_is_off NAME: is the switch NAME, which is on by default, off, by 0, no or off? The last one counts.
cmdline_is_off() {
	case $(cmdline_get "$1") in
	0 | no | off) ;;
	*) return 1 ;;
	esac
}

# cmdline_ours: blobroot's own parameters, one per line.
cmdline_ours() { cmdline_each cmdline_print_ours; }

cmdline_print_ours() { case $1 in root=blob:* | rd.blob.*) printf '%s\n' "$1" ;; esac; }

# The proxies, for libcurl, which reads the names in small letters. The kernel puts such words into the environment of init,
# but systemd gives its services another one.
cmdline_export_proxies() {
	cmdline_each cmdline_export_capital
	cmdline_each cmdline_export_small
}

cmdline_export_capital() {
	case $1 in
	HTTP_PROXY=*) export "http_proxy=${1#*=}" ;;
	HTTPS_PROXY=*) export "https_proxy=${1#*=}" ;;
	ALL_PROXY=*) export "all_proxy=${1#*=}" ;;
	NO_PROXY=*) export "no_proxy=${1#*=}" ;;
	esac
}

cmdline_export_small() {
	case $1 in
	http_proxy=* | https_proxy=* | all_proxy=* | no_proxy=*) export "${1?}" ;;
	esac
}
