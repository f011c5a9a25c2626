# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# blobrootd, as seen from init: it parses blobroot's own parameters and serves the kernel's page misses.

# Put blobroot's parameters into blob_url, blob_cache and blob_overlay.
daemon_configure() {
	daemon_words=$(blobrootd cmdline 2>"$blob_prefix/run/blobroot/error") ||
		fail_boot "$(daemon_error 'the kernel command line is wrong')"
	eval "$daemon_words"
}

# Come back when the image's first blocks are there and checked.
#
# The reason of a failure is taken from a file: a pipe would stay open for as long as the daemon lives.
daemon_start() {
	blobrootd start --store "$store_dir" </dev/null 2>"$blob_prefix/run/blobroot/error" ||
		fail_boot "$(daemon_error "blobrootd: ended with status $?")"
}

# daemon_error WHAT: the last line that blobrootd left, or WHAT when it left none.
daemon_error() {
	daemon_line=$(tail -n 1 "$blob_prefix/run/blobroot/error" 2>/dev/null)
	echo "${daemon_line:-$1}"
}
