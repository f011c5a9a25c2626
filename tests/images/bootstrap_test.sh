#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# images/bootstrap, as-root and unpacked: what cannot be made is refused in a line, and a failure leaves what was there.

top=$(atf_get_srcdir)
until [ -e "$top/images/bootstrap" ]; do top=$top/..; done
top=$(cd "$top" && pwd)
bootstrap=$top/images/bootstrap

# apt-get update succeeds at once: what mirrors do is not tested here.
lists_are_new() {
	fake apt-get "case \" \$* \" in *' update '*) exit 0 ;; esac; exec $(command -v apt-get) \"\$@\""
}

# Lists of this case's own: others hold those of the build for as long as they make a tree. A copy is soon up to date.
own_lists() {
	export BLOBROOT_APT="$PWD/apt"
	mkdir -p apt/trixie
	cp -a "$top/build/apt/trixie/lists" apt/trixie/ 2>/dev/null || :
}

# fake NAME SCRIPT: it stands first in the path.
fake() {
	mkdir -p bin
	printf '#!/bin/sh\n%s\n' "$2" >"bin/$1"
	chmod +x "bin/$1"
	PATH=$PWD/bin:$PATH
}

# Prints what runs a command without a network. In a chroot root can make no user namespace, and needs none.
offline() {
	if unshare -n true 2>/dev/null; then echo unshare -n; else echo unshare -rn; fi
}

atf_test_case wrong_arguments_are_refused
wrong_arguments_are_refused_body() {
	mkdir dir
	atf_check -s exit:1 -e match:'^bootstrap: usage: ' "$bootstrap" trixie
	atf_check -s exit:1 -e match:'^bootstrap: usage: ' "$bootstrap" --hook true trixie
	atf_check -s exit:1 -e inline:'bootstrap: --hook: a command is missing\n' "$bootstrap" --hook
	atf_check -s exit:1 -e match:'^bootstrap: --nosuch: unknown option' "$bootstrap" --nosuch trixie a
	atf_check -s exit:1 -e inline:'bootstrap: ../x: not the name of a suite\n' "$bootstrap" ../x a
	atf_check -s exit:1 -e inline:'bootstrap: nosuch: no such directory\n' "$bootstrap" trixie nosuch/a
	atf_check -s exit:1 -e inline:'bootstrap: dir: is there, and no file\n' "$bootstrap" trixie dir
	atf_check -s exit:1 -e inline:'bootstrap: /dev/null: is there, and no file\n' "$bootstrap" trixie /dev/null
	atf_check -o inline:'./dir\n' echo ./*
}

atf_test_case what_the_mirrors_do_not_have_is_said
what_the_mirrors_do_not_have_is_said_body() {
	own_lists
	atf_check -s exit:1 -e inline:"bootstrap: nosuch: no such suite at this machine's mirrors\n" "$bootstrap" nosuch a
	(
		lists_are_new
		atf_check -s exit:1 -e inline:'bootstrap: no-such-package: no such package in trixie\n' \
			"$bootstrap" trixie a procps no-such-package kmod
	) || exit
	atf_check -o inline:'./apt ./bin\n' echo ./*
	rm -rf apt
	# shellcheck disable=SC2046
	atf_check -s exit:1 -e match:'^bootstrap: trixie: its lists cannot be read$' $(offline) "$bootstrap" trixie a
}

atf_test_case a_failure_leaves_the_old_tree
a_failure_leaves_the_old_tree_body() {
	own_lists
	lists_are_new
	echo old >a
	fake mmdebstrap 'echo half a tree; echo "E: No space left on device" >&2; exit 1'
	atf_check -s exit:1 -e inline:'E: No space left on device\nbootstrap: a: mmdebstrap failed\n' "$bootstrap" trixie a
	atf_check -o inline:'old\n' cat a
	atf_check -o inline:'./a ./apt ./bin\n' echo ./*
}

# What mmdebstrap is told; that it does so is shown in debian_test.
atf_test_case hooks_and_packages_go_through
hooks_and_packages_go_through_body() {
	own_lists
	lists_are_new
	# shellcheck disable=SC2016 # for the fake's shell
	fake mmdebstrap 'for word; do case $word in --include=* | --customize-hook=*) echo "$word" ;; esac; done
		echo "epoch $SOURCE_DATE_EPOCH"; exit 0'
	# shellcheck disable=SC2016
	atf_check "$bootstrap" --hook 'echo "a  b" $1' --hook 'copy-in x /y' trixie a kmod procps
	atf_check -o inline:"--include=kmod procps\n--customize-hook=echo \"a  b\" \$1\n--customize-hook=copy-in x /y\n" \
		grep -E '^--include|a  b|copy-in' a
	atf_check -o match:'^epoch [0-9]{10}$' grep epoch a
	# The lists that are there do when no new ones can be had.
	rm bin/apt-get
	# shellcheck disable=SC2046
	atf_check -e match:'^bootstrap: going on with the lists as they are$' env SOURCE_DATE_EPOCH=77 \
		$(offline) "$bootstrap" trixie a
	atf_check -o inline:'epoch 77\n' grep epoch a
	atf_check -s exit:1 grep -e --include a
}

atf_test_case a_tree_is_unpacked_with_its_owners_for_a_command
a_tree_is_unpacked_with_its_owners_for_a_command_body() {
	mkdir -p tree/etc tree/dev/pts
	echo x >tree/etc/shadow
	: >tree/dev/null
	tar cf tree.tar --numeric-owner --owner=7 --group=42 --mode=640 -C tree .
	# shellcheck disable=SC2016 # for the inner shell
	atf_check -o inline:'7 42 640\n./dev\n./etc\n./etc/shadow\n' "$top/images/unpacked" tree.tar sh -c '
		cd "$1" && echo "$1" >"$2/where" && stat -c "%u %g %a" etc/shadow && find . -mindepth 1 | sort' sh {} "$PWD"
	atf_check -s exit:1 test -e "$(cat where)"
	atf_check -s exit:3 "$top/images/unpacked" tree.tar sh -c 'exit 3'
	atf_check -s exit:1 -e inline:'unpacked: nosuch: no such file\n' "$top/images/unpacked" nosuch true
	echo no tar >broken
	atf_check -s exit:1 -e match:'^unpacked: broken: cannot be unpacked$' "$top/images/unpacked" broken true
	atf_check -s exit:1 -e match:'^unpacked: usage: ' "$top/images/unpacked" tree.tar
}

atf_test_case without_root_rights_what_it_takes_is_said
without_root_rights_what_it_takes_is_said_body() {
	# shellcheck disable=SC2016
	fake id 'case $1 in -u) echo 54321 ;; *) echo nobody-knows ;; esac'
	atf_check -s exit:1 -e inline:"as-root: without root rights it takes ids of nobody-knows's own in /etc/subuid\n" \
		"$top/images/as-root" true
	atf_check -s exit:1 -e inline:'as-root: usage: as-root COMMAND [ARG..]\n' "$top/images/as-root"
}

atf_init_test_cases() {
	atf_add_test_case wrong_arguments_are_refused
	atf_add_test_case what_the_mirrors_do_not_have_is_said
	atf_add_test_case a_failure_leaves_the_old_tree
	atf_add_test_case hooks_and_packages_go_through
	atf_add_test_case a_tree_is_unpacked_with_its_owners_for_a_command
	atf_add_test_case without_root_rights_what_it_takes_is_said
}
