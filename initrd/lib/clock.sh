# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# A host without a hardware clock starts in 1970, and every certificate seems not yet valid. The true time cannot be
# earlier than when the initramfs was made, which etc/blobroot/built has in seconds (mkinitrd).

# Move the clock forward to that time, never back.
clock_move_forward() {
	clock_built=''
	read -r clock_built 2>/dev/null <"$blob_prefix/etc/blobroot/built"
	case $clock_built in
	'' | *[!0-9]*) return 0 ;;
	esac
	clock_said=$(date -u '+%s %Y-%m-%d %H:%M:%S')
	[ "${clock_said%% *}" -lt "$clock_built" ] || return 0
	if date -u -s "@$clock_built" >/dev/null 2>&1; then
		log_say "clock: it said ${clock_said#* }: moved forward to $(clock_format "$clock_built"), when this initramfs was made"
	else
		log_error "clock: it says ${clock_said#* } and cannot be set: certificates may seem to be of the future"
	fi
}

clock_format() { date -u -d "@$1" '+%Y-%m-%d %H:%M:%S'; }
