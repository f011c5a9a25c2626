#!/usr/bin/env atf-sh
# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# qemu/boot: as a new user meets it.
# shellcheck disable=SC1091,SC2016,SC2154 # text for the guest's shell; what boots.sh sets

# As they stand in the README.
atf_test_case the_ten_files_of_the_README_boot
the_ten_files_of_the_README_boot_body() {
	. "$(atf_get_srcdir)/../support/boots.sh"
	ln -s "$boots_top/build" "$boots_top/qemu" .
	sed -n '/^    mkdir -p root/,/^    qemu\/boot root/p' "$boots_top/README.md" | sed 's/^    //' >commands
	turn_take
	atf_check -o match:'^overlay on / type overlay' -e ignore sh -e commands 6>&-
	atf_check -o inline:'10\n' sh -c 'find root ! -type d | wc -l'
}

atf_test_case an_ordinary_user_boots_with_what_make_install_installs
an_ordinary_user_boots_with_what_make_install_installs_body() {
	. "$(atf_get_srcdir)/../support/boots.sh"
	boots_tree root
	atf_check -o ignore -e ignore make -C "$boots_top" OLDER_LIBS=yes install-boot "DESTDIR=$PWD/inst"
	atf_check -o ignore grep -q 'BLOBROOT-BOOT 1' inst/usr/share/man/man1/blobroot-boot.1
	as=''
	if [ "$(id -u)" -eq 0 ]; then
		chown -R 65534:65534 root tmp .
		as='setpriv --reuid 65534 --regid 65534 --clear-groups'
	fi
	turn_take
	# shellcheck disable=SC2086 # words
	atf_check -o inline:'0 root\n' -e inline:'blobroot-boot: making an image of root\n' \
		$as inst/usr/bin/blobroot-boot root --run 'echo "$(id -u) $(cat /etc/hostname)"' 6>&-
	boots_left_nothing
}

# Somebody looks around in a guest: by its console, and by its port 22, where a web server can be, too.
atf_test_case a_terminal_is_the_console_and_a_port_leads_into_the_guest
a_terminal_is_the_console_and_a_port_leads_into_the_guest_body() {
	. "$(atf_get_srcdir)/../support/boots.sh"
	boots_tree root '/bin/busybox httpd -p 22 -h /etc; echo "who is there?"; read -r who; echo "hello $who"; while :; do sleep 1000; done'
	mkfifo keys
	exec 4<>keys
	turn_take
	"$boots_top/qemu/boot" root --tty --ssh --keep --expect 'hello me' <&4 >out 2>err 6>&- &
	boot=$!
	until grep -q 'who is there' out; do
		kill -0 $boot || atf_fail "it has ended: $(tail -n 1 err)"
		sleep 0.2
	done
	port=$(sed -n 's/^qemu\/boot: ssh: port \([0-9]*\) of 127.0.0.1$/\1/p' err)
	atf_check -o inline:'root\n' curl -sS --noproxy '*' --retry 20 --retry-all-errors --retry-delay 1 "http://127.0.0.1:$port/hostname"
	echo me >&4
	wait $boot || atf_fail "$(tail -n 1 err)"
	# The last line is for programs, as without a terminal.
	atf_check -o inline:'hello me\n' tail -n 1 out
	kept=$(sed -n 's/^qemu\/boot: kept: //p' err)
	atf_check test -s "$kept/console"
	rm -rf "$kept"
	boots_left_nothing
}

atf_init_test_cases() {
	atf_add_test_case the_ten_files_of_the_README_boot
	atf_add_test_case an_ordinary_user_boots_with_what_make_install_installs
	atf_add_test_case a_terminal_is_the_console_and_a_port_leads_into_the_guest
}
