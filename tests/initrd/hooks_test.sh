#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# initrd/lib/hooks.sh: what the builder of an initramfs wants done before the switch.
# shellcheck disable=SC1091,SC2016,SC2034,SC2119 # text for other shells; variables and functions of fake.sh

top=$(atf_get_srcdir)
until [ -e "$top/initrd/mkinitrd" ]; do top=$top/..; done
. "$top/tests/initrd/fake.sh"

atf_test_case hooks_run_in_the_order_of_their_names_with_what_init_has
hooks_run_in_the_order_of_their_names_with_what_init_has_body() {
	fake_root
	fake_run 0 hooks_run
	mkdir -p made/etc/blobroot/hooks
	echo 'log_say "first: ${NEWROOT#"$blob_prefix"}"; hook_said=yes' >made/etc/blobroot/hooks/10-first.sh
	echo 'log_say "second: $hook_said"' >made/etc/blobroot/hooks/20-second.sh
	echo 'log_say third' >made/etc/blobroot/hooks/no-hook
	fake_run 0 hooks_run
	atf_check -o inline:'<5>blobroot: first: /sysroot\n<5>blobroot: second: yes\n' cat root/dev/kmsg
}

# Both kinds of initramfs do that last.
atf_test_case every_initramfs_runs_them_before_the_switch
every_initramfs_runs_them_before_the_switch_body() {
	for file in initrd/init hooks/dracut/55blobroot/bring-up; do
		atf_check -o match:'^hooks_run$' grep -A 1 '^handover_make ' "$top/$file"
	done
}

atf_init_test_cases() {
	atf_add_test_case hooks_run_in_the_order_of_their_names_with_what_init_has
	atf_add_test_case every_initramfs_runs_them_before_the_switch
}
