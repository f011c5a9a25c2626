#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# qemu/boot: which images are kept, and that nothing else is left. QEMU is a program of the test's where no guest is needed.
# shellcheck disable=SC1091,SC2016,SC2034,SC2154 # what boots.sh and qemu/lib/keep.sh set and read

atf_test_case a_tree_is_made_an_image_once_and_again_when_it_has_changed
a_tree_is_made_an_image_once_and_again_when_it_has_changed_body() {
	. "$(atf_get_srcdir)/../support/boots.sh"
	boots_qemu 8.0.0
	boots_tree root
	boots 0 root
	boots_say 'making an image of root'
	boots 0 root
	atf_check cat err
	# The same name, size and time.
	touch -r root/etc/hostname before
	echo toor >root/etc/hostname
	touch -r before root/etc/hostname
	boots 0 root
	boots_say 'making an image of root'
	# What has just changed is not kept. A link to the tree means the tree.
	sleep 2.1
	ln -s root link
	boots 0 link
	boots 0 root
	atf_check cat err
	boots_left_nothing
}

# In an image that is mounted all files may have the same times and numbers as in another one.
atf_test_case only_file_systems_that_tell_of_each_change_are_kept
only_file_systems_that_tell_of_each_change_are_kept_body() {
	. "$(atf_get_srcdir)/../support/boots.sh"
	. "$boots_top/qemu/lib/keep.sh"
	keep_kind=tree
	mkdir old && sleep 2.1
	image_what=old
	keep_is_settled || atf_fail 'an old directory may change by itself'
	# It could change once more within the clock's precision.
	image_what=new && mkdir new
	! keep_is_settled || atf_fail 'a new directory cannot change'
	image_what=/sys/kernel/mm
	! keep_is_settled || atf_fail 'sysfs tells of no change'
	# What cannot be read is not known.
	mkdir -m 0 old/closed
	sleep 2.1
	image_what=old
	[ "$(id -u)" -eq 0 ] || ! keep_is_settled || atf_fail 'a closed directory was looked into'
}

atf_test_case the_oldest_images_go_and_what_is_linked_stays
the_oldest_images_go_and_what_is_linked_stays_body() {
	. "$(atf_get_srcdir)/../support/boots.sh"
	boots_qemu 8.0.0
	for tree in one two three; do
		boots_tree $tree && boots 0 $tree
		# Room for one and a half of them.
		[ -n "${BLOBROOT_CACHE_KIB:-}" ] || export BLOBROOT_CACHE_KIB="$(($(du -sk cache | cut -f 1) * 3 / 2))"
		atf_check -o inline:'1\n' sh -c 'ls -d cache/blobroot/????????????????????????????????????????/ | wc -l'
	done
	boots 0 three
	atf_check cat err
	boots 0 one
	boots_say 'making an image of one'
	# Of a run that a power cut ended.
	mkdir cache/blobroot/run.999999999.x cache/blobroot/run.$$.x
	touch -d '2 days ago' cache/blobroot/run.*
	boots 0 one
	atf_check -o inline:"cache/blobroot/run.$$.x\n" sh -c 'ls -d cache/blobroot/run.*'
}

# is_begun: starts qemu/boot, process $!, and waits for the file ./begun. A shell's background processes ignore SIGINT.
is_begun() {
	rm -f begun
	env --default-signal=INT "$boots_top/qemu/boot" root >out 2>err 6>&- &
	until [ -e begun ]; do
		kill -0 $! || atf_fail "$(cat err)"
		sleep 0.1
	done
}

# is_ended_by SIGNAL:STATUS: the signal ends the process $! with that status, and nothing is left.
is_ended_by() {
	kill "-${1%:*}" $!
	status=0
	wait $! || status=$?
	atf_check_equal "${1#*:}" "$status"
	boots_left_nothing
}

# However it ends: at any moment, and by SIGKILL, too.
atf_test_case nothing_is_left_however_it_ends
nothing_is_left_however_it_ends_body() {
	. "$(atf_get_srcdir)/../support/boots.sh"
	boots_tree root && turn_take
	for moment in 0.05 0.3 2; do
		for ending in INT:130 TERM:143 HUP:129 KILL:137; do
			env --default-signal=INT "$boots_top/qemu/boot" root --run 'sleep 1000' >out 2>err 6>&- &
			until grep -qsx boot /proc/$!/comm; do sleep 0.01; done # before, INT is ignored
			sleep $moment
			is_ended_by "$ending"
		done
	done
	# Nor where nothing can be kept.
	(
		unset XDG_CACHE_HOME HOME
		boots_qemu 8.0.0
		atf_check -o ignore -e ignore env -u XDG_CACHE_HOME -u HOME "$boots_top/qemu/boot" root
	)
	atf_check test ! -e /nonexistent
	boots_left_nothing
	# And an image is made as ever.
	boots 0 root --run true
}

# A process that QEMU has started, and a qemu/run that is stopped and cannot tidy up.
atf_test_case what_outlives_a_killed_run_is_ended
what_outlives_a_killed_run_is_ended_body() {
	. "$(atf_get_srcdir)/../support/boots.sh"
	boots_tree root && boots_qemu 8.0.0
	cat >>qemu <<-'EOT'
	[ "$1" != --version ] || exit 0
	setsid sleep 1000 & read -r _ _ _ run _ <"/proc/$PPID/stat" && kill -STOP "$run" && : >begun && wait
	EOT
	is_begun
	is_ended_by KILL:137
}

# To the process alone, not to its children, as a service manager or a CI runner sends it.
atf_test_case a_signal_ends_the_making_of_an_image_too
a_signal_ends_the_making_of_an_image_too_body() {
	. "$(atf_get_srcdir)/../support/boots.sh"
	boots_tree root && mkdir slow && turn_needless=1
	printf '#!/bin/sh\n[ "$1" = -V ] || { : >"%s/begun" && sleep 1000; }\n' "$PWD" >slow/mkfs.erofs
	chmod 755 slow/mkfs.erofs
	for ending in TERM:143 INT:130 KILL:137; do
		PATH=$PWD/slow:$PATH is_begun && is_ended_by "$ending"
	done
}

atf_init_test_cases() {
	atf_add_test_case a_tree_is_made_an_image_once_and_again_when_it_has_changed
	atf_add_test_case only_file_systems_that_tell_of_each_change_are_kept
	atf_add_test_case the_oldest_images_go_and_what_is_linked_stays
	atf_add_test_case nothing_is_left_however_it_ends
	atf_add_test_case what_outlives_a_killed_run_is_ended
	atf_add_test_case a_signal_ends_the_making_of_an_image_too
}
