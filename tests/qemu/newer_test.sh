#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# qemu/newer: a newer QEMU than the machine's where there is one, and else the machine's.

top=$(cd "$(atf_get_srcdir)/../../.." && pwd)

# a_qemu FILE VERSION: a program that says this.
a_qemu() {
	mkdir -p "$(dirname "$1")"
	printf '#!/bin/sh\necho "QEMU emulator version %s"; echo "$*" >>%s/asked\n' "$2" "$PWD" >"$1"
	chmod 755 "$1"
}

# The machine has VERSION, and its mirrors the packages of which ./archive is made.
the_machine_has() {
	a_qemu bin/qemu-system-x86_64 "$1"
	cat >bin/apt-get <<'EOT'
#!/bin/sh
case "$*" in
*indextargets*) echo 'Debian|Debian|file:/archive' ;;
*download*) [ -d "$ARCHIVE" ] && for last; do :; done && dpkg-deb --build "$ARCHIVE" "$last.deb" >/dev/null ;;
esac
EOT
	chmod 755 bin/apt-get
	export ARCHIVE="$PWD/archive" BLOBROOT_APT="$PWD/apt" PATH="$PWD/bin:$PATH"
}

the_mirrors_have() {
	a_qemu archive/usr/bin/qemu-system-x86_64 "$1"
	mkdir -p archive/DEBIAN
	printf '%s\n' 'Package: qemu' 'Version: 1' 'Architecture: all' 'Maintainer: x' 'Description: x' >archive/DEBIAN/control
}

is() { atf_check -o inline:"QEMU emulator version $1\n" new/qemu-system-x86_64 --version; }

atf_test_case an_older_one_gets_a_newer_one_beside_it
an_older_one_gets_a_newer_one_beside_it_body() {
	the_machine_has '7.2.22 (Debian)'
	the_mirrors_have 10.0.2
	atf_check "$top/qemu/newer" new stable-backports
	is 10.0.2
	# With its own files first, and the firmware that other packages have.
	atf_check -o ignore new/qemu-system-x86_64 -M 'q35,a b'
	atf_check -o inline:"-L $PWD/new/root/usr/share/qemu -L /usr/share/seabios -L /usr/lib/ipxe/qemu -M q35,a b\n" \
		tail -n 1 asked
	atf_check test ! -e new/debs
}

atf_test_case a_new_one_is_taken_as_it_is
a_new_one_is_taken_as_it_is_body() {
	the_machine_has 10.0.0
	the_mirrors_have 11.0.0
	atf_check "$top/qemu/newer" new stable-backports
	is 10.0.0
}

atf_test_case where_there_is_no_newer_one_the_machines_is_taken
where_there_is_no_newer_one_the_machines_is_taken_body() {
	line='qemu/newer: the mirrors have no newer QEMU that runs here (stable-backports): Debian boots twice as slowly as it could\n'
	the_machine_has 7.2.22
	atf_check -e inline:"$line" "$top/qemu/newer" new stable-backports
	is 7.2.22
	# One that does not run here: a library is missing.
	the_mirrors_have 10.0.2
	printf '#!/nonexistent\n' >archive/usr/bin/qemu-system-x86_64
	atf_check -e inline:"$line" "$top/qemu/newer" new stable-backports
	is 7.2.22
}

atf_init_test_cases() {
	atf_add_test_case an_older_one_gets_a_newer_one_beside_it
	atf_add_test_case a_new_one_is_taken_as_it_is
	atf_add_test_case where_there_is_no_newer_one_the_machines_is_taken
}
