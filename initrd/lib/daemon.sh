# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# blobrootd, as seen from init: it parses blobroot's own parameters, finds the transport that works, and serves the
# kernel's requests.

# The parameters for blobrootd: none if they are in /proc/cmdline, which it reads by itself. Of dracut's time limit
# (bring-up) and rd.blob.contact= the last one counts.
daemon_words() {
	[ "$cmdline_file" != "$blob_prefix/proc/cmdline" ] || return 0
	[ -z "${daemon_contact-}" ] || echo "rd.blob.contact=$daemon_contact"
	cmdline_ours
}

# Check blobroot's parameters, and put one of them into blob_overlay.
daemon_configure() {
	# shellcheck disable=SC2046 # words
	daemon_config=$(set -f && blobrootd cmdline $(daemon_words) 2>"$blob_prefix/run/blobroot/error") ||
		fail_boot "$(daemon_error 'the kernel command line is wrong')"
	eval "$daemon_config"
}

daemon_probed=$blob_prefix/run/blobroot/transport

# Put the transport to take into blob_transport, what rd.blob.cache= means with it into blob_cache, which store it has (store.sh) into
# blob_has_store, how much memory there is into blob_free_kib, how much of it the store may take into blob_ram_kib, and how much
# where a device cannot be used into blob_ram_instead_kib. Once: blobrootd says on the console what it has found, and bring-up may
# run again.
daemon_probe() {
	if [ ! -s "$daemon_probed" ]; then
		# shellcheck disable=SC2046 # words
		(set -f && blobrootd probe $(daemon_words)) >"$daemon_probed" 2>"$blob_prefix/run/blobroot/error" ||
			fail_boot "$(daemon_error 'no transport works with this kernel')"
	fi
	# shellcheck source=/dev/null
	. "$daemon_probed"
}

# Before there is a network: if the store can boot alone, the daemon runs from now on. If it can or may have to, the network
# is not waited for as long as it takes.
daemon_start_alone() {
	case $blob_has_store in disk | both) ;; *) return 0 ;; esac
	[ -n "$(ls "$store_mount/blobroot/images" 2>/dev/null)" ] || return 0
	if [ "$blob_has_store" = disk ]; then
		daemon_run --store "$store_mount/blobroot" --alone
	else
		daemon_run_both --alone || return 0
	fi
	case $daemon_status in
	0) daemon_runs=yes ;;
	111) ;;
	*) return 0 ;;
	esac
	net_patience=$(cmdline_get rd.blob.contact) || net_patience=10
	# For ever is for a server that is needed.
	[ "$net_patience" != 0 ] || net_patience=${daemon_runs:+10}
}

# Return when the image's first blocks are there and verified.
daemon_start() {
	[ -z "${daemon_runs-}" ] || return 0
	if [ "$blob_has_store" != both ] || ! daemon_run_both; then
		set --
		case $blob_has_store in
		ram)
			store_fresh || fail_boot "$store_error"
			set -- --store "$store_dir"
			;;
		disk)
			# If it could not be opened, that has been said.
			store_dir=$store_mount/blobroot
			[ -d "$store_dir" ] || store_dir=''
			set -- --store "$store_dir"
			;;
		esac
		daemon_run "$@"
	fi
	[ "$daemon_status" -eq 0 ] || fail_boot "$(daemon_error "blobrootd: ended with status $daemon_status")"
}

# While the network comes up: what a store has of the image is proven, of which the kernel asks for nothing. Without a root hash that is
# the image that was booted last from this URL.
daemon_prove_begin() {
	daemon_prover=''
	[ "$blob_has_store:${daemon_runs-}" = both: ] && store_delete_old && [ -n "$(ls "$disk_ours/images" 2>/dev/null)" ] || return 0
	daemon_url=$(cmdline_get root)
	daemon_hash=$(cmdline_get rd.blob.roothash | tr A-F a-f)
	if [ -n "$daemon_hash" ]; then set -- "$daemon_hash"; else set -- --url "${daemon_url#blob:}"; fi
	# What it cannot prove the daemon looks at once more.
	blobrootd store prove --store "$disk_ours" "$@" >"$daemon_proven" 2>/dev/null </dev/null &
	daemon_prover=$!
}
daemon_proven=$blob_prefix/run/blobroot/proven

# Put into daemon_tree which image has been proven, with its tree's shape, if one has been.
daemon_prove_end() {
	daemon_tree=''
	[ -n "${daemon_prover-}" ] || return 0
	log_waiting 'store: what it has is being proven' wait "$daemon_prover" && read -r daemon_line <"$daemon_proven" &&
		daemon_tree=${daemon_line%%: *}
	daemon_prover=''
	case ${daemon_tree:+$daemon_line} in
	'') ;;
	*' are wrong'*) log_error "store: ${daemon_line#*: }" ;;
	*) log_say "store: ${daemon_line#*: }, while the network came up" ;;
	esac
}

# daemon_run_both OPTION..: with the kernel's files and what is kept of them on a disk. False if that cannot be used: they are in
# memory from now on.
daemon_run_both() {
	daemon_prove_end
	if store_fresh; then
		daemon_run --store "$store_dir" --keep ${daemon_tree:+--proven "$daemon_tree"} "$@"
		# EXIT_STORE of daemon/base/exits.h.
		[ "$daemon_status" -eq 101 ] || return 0
		store_error=$(daemon_error 'store: it cannot be used')
	fi
	store_close
	store_fall_back
	return 1
}

# daemon_run OPTION..: start it, and put its exit status into daemon_status.
#
# The reason for a failure is read from a file: a pipe would stay open as long as the daemon runs.
daemon_run() {
	cmdline_export_proxies
	set -f
	# shellcheck disable=SC2046 # words
	"$home_dir/bin/blobrootd" start "$@" --transport "$blob_transport" $(daemon_words) </dev/null \
		2>"$blob_prefix/run/blobroot/error"
	daemon_status=$?
	set +f
}

# daemon_error WHAT: the last line that blobrootd left, or WHAT when it left none.
daemon_error() {
	daemon_line=$(tail -n 1 "$blob_prefix/run/blobroot/error" 2>/dev/null)
	echo "${daemon_line:-$1}"
}
