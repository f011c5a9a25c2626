#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# The end of the keeper, or of its connection, natively: all reads fail, and none is wrong.
# shellcheck disable=SC2119,SC2154 # what native.sh sets

support=$(cd "$(atf_get_srcdir)/../support" && pwd)
# shellcheck source=tests/support/native.sh
. "$support/native.sh"

atf_test_case without_its_keeper_every_read_fails_and_none_is_zeros
without_its_keeper_every_read_fails_and_none_is_zeros_body() {
	native_serve
	native_mount mnt
	# The directories are known; the files are not.
	find mnt -ls >/dev/null
	file=$(find mnt -type f -size +100k | head -n 1)
	native_cold
	stat mnt >/dev/null
	kill -STOP "$server"
	# By eight at once.
	for reader in 1 2 3 4 5 6 7 8; do
		cat "$file" >"got.$reader" 2>"why.$reader" &
		readers="${readers-} $!"
	done
	native_until sh -c "[ \"\$('$native_blobrootd' status --run mnt.run misses)\" -gt 0 ]"
	kill -KILL "$(native_status mnt keeper)"
	native_until native_are_gone
	number=0
	for reader in $readers; do
		number=$((number + 1))
		wait "$reader" && atf_fail "a read under way has not failed"
		atf_check -o ignore grep -E 'Input/output error|not connected|connection abort' "why.$number"
		atf_check -o empty cat "got.$number"
	done
	kill -CONT "$server"
	atf_check -s not-exit:0 -o empty -e ignore cat "$file"
	umount mnt
}

# As in an initramfs: the keeper holds what `blobrootd mount` needs, and lives on without a mount.
atf_test_case a_connection_that_is_ended_by_force_is_reported
a_connection_that_is_ended_by_force_is_reported_body() {
	native_serve
	mkdir mnt connections
	mount -t fusectl fusectl connections
	BLOBROOT_LOG_STDERR=1 "$native_blobrootd" start --run "$PWD/mnt.run" "root=blob:$url/x.erofs" \
		rd.blob.transport=fuse "rd.blob.roothash=$root" 2>said || atf_fail "$(cat said)"
	for _ in 1 2; do
		atf_check "$native_blobrootd" mount --run mnt.run mnt
		native_reads mnt
		umount mnt
		native_until native_are_gone 2
	done
	# Others have connections, too: ours has the number of the device that the keeper's unattached mount is on.
	for held in "/proc/$(native_status mnt keeper)/fd"/*; do
		[ "$(stat -f -L -c %t "$held")" != 65735546 ] || connection=$(stat -L -c %d "$held")
	done
	echo 1 >"connections/$connection/abort"
	native_until native_are_gone
	atf_check -o ignore grep 'blobroot: fuse: the kernel has ended the connection: all reads .*: reboot this host' said
}

atf_init_test_cases() {
	atf_add_test_case without_its_keeper_every_read_fails_and_none_is_zeros
	atf_add_test_case a_connection_that_is_ended_by_force_is_reported
}
