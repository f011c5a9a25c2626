#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# images/debian: the same packages make the same root, whoever makes it, and it has nothing of the machine in it.

top=$(atf_get_srcdir)
until [ -e "$top/images/debian" ]; do top=$top/..; done
top=$(cd "$top" && pwd)
PATH=$PATH:/usr/sbin:/sbin

# The recipe that ships, with few packages: what makes keys, ids, seeds and logs.
small_recipe() {
	cp -r "$top/images/roots/debian" recipe
	printf '%s\n' systemd-sysv openssh-server >recipe/packages
}

# ./without_root COMMAND..: as somebody who has no root rights, but ids for a user namespace.
make_without_root() {
	echo nobody:200000:65536 >ids
	cat >without_root <<-'EOS'
		#!/bin/sh
		[ "$(id -u)" -eq 0 ] || exec "$@"
		exec unshare -m sh -c 'mount --bind ids /etc/subuid && mount --bind ids /etc/subgid &&
			exec setpriv --reuid nobody --regid nogroup --clear-groups "$@"' sh "$@"
	EOS
	chmod +x without_root
}

atf_test_case the_same_packages_make_the_same_root_without_the_machine_in_it
the_same_packages_make_the_same_root_without_the_machine_in_it_body() {
	small_recipe
	make_without_root
	atf_check -o ignore "$top/images/debian" --recipe recipe trixie a
	# Somebody else, without root rights, elsewhere. The packages need not come twice.
	mkdir -p other/apt/trixie
	cp -r "$top/images" "$top/qemu" recipe other/
	cp -r "$top/build/apt/trixie/cache" "$top/build/apt/trixie/lists" other/apt/trixie/
	[ "$(id -u)" -ne 0 ] || chown -R nobody:nogroup other
	chmod -R a+rX . other
	umask 077
	atf_check -o ignore ./without_root env -C other BLOBROOT_APT="$PWD/other/apt" TMPDIR=/tmp TZ=Asia/Tokyo LC_ALL=C.UTF-8 \
		HOME=/nonexistent images/debian --recipe recipe trixie b
	atf_check cmp a other/b
	atf_check cmp a.verity other/b.verity
	atf_check cmp a.roothash other/b.roothash

	atf_check -o ignore -e ignore fsck.erofs --extract=root --no-preserve-owner a
	atf_check test -L root/sbin -a -x root/usr/lib/systemd/systemd -a -x root/usr/sbin/sshd
	for file in resolv.conf hostname ssh/ssh_host_ed25519_key ssh/ssh_host_ed25519_key.pub; do
		atf_check -s exit:1 test -e root/etc/$file -o -L root/etc/$file
	done
	atf_check test -e root/etc/machine-id -a ! -s root/etc/machine-id
	atf_check find root/var/log root/var/cache/apt root/var/lib/apt/lists root/etc/apt/sources.list.d -type f -size +0
	atf_check -s exit:1 test -e root/var/lib/systemd/random-seed -o -e root/var/cache/ldconfig/aux-cache
	# The files of the recipe, and what its commands did.
	for file in $(cd recipe/files && find . -type f); do
		atf_check cmp "recipe/files/$file" "root/$file"
	done
	atf_check -s exit:1 test -e root/etc/systemd/system/timers.target.wants/apt-daily.timer
	atf_check test -e root/etc/.updated -a -e root/var/.updated
	atf_check -o inline:'LANG=C.UTF-8\n' cat root/etc/locale.conf
	atf_check -s exit:1 grep -v '^#' root/etc/fstab
}

atf_test_case the_recipe_that_ships_names_packages_that_there_are
the_recipe_that_ships_names_packages_that_there_are_body() {
	atf_check -o save:words sed 's/[[:space:]#].*//' "$top/images/roots/debian/packages"
	grep . words | sort >wanted
	# shellcheck disable=SC2046 # a list of words
	"$top/qemu/apt" trixie show $(cat wanted) >records || atf_fail 'there is none'
	sed -n 's/^Package: //p' records | sort -u >there
	atf_check diff wanted there
	atf_check -o not-inline:'0\n' grep -c . wanted
}

atf_test_case what_cannot_be_made_is_refused
what_cannot_be_made_is_refused_body() {
	debian=$top/images/debian
	atf_check -s exit:1 -e match:'^debian: usage: ' "$debian" trixie
	atf_check -s exit:1 -e inline:'debian: --recipe nosuch: no such directory\n' "$debian" --recipe nosuch trixie a
	atf_check -s exit:1 -e inline:'debian: --recipe: a directory is missing\n' "$debian" --recipe
	atf_check -s exit:1 -e match:'^debian: --nosuch: unknown option' "$debian" --nosuch trixie a
	mkdir recipe
	atf_check -s exit:1 -e match:'^debian: .*/recipe/packages: no such file$' "$debian" --recipe recipe trixie a
	atf_check -s exit:1 -e inline:'bootstrap: nosuch: no such directory\n' "$debian" trixie nosuch/a
}

atf_init_test_cases() {
	atf_add_test_case the_same_packages_make_the_same_root_without_the_machine_in_it
	atf_add_test_case the_recipe_that_ships_names_packages_that_there_are
	atf_add_test_case what_cannot_be_made_is_refused
}
