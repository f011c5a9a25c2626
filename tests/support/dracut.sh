# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# For atf-sh tests: dracut's initramfs with our module, unpacked, and dracut's own scripts run there without a boot.
#
# Flow: a test calls dracut_unpack, then dracut_words, then dracut_run, and looks into ./tree.
# /proc, /sys and /dev in the tree are plain directories: nothing that runs there reaches the machine.
# shellcheck disable=SC2016,SC2154 # text for another shell; $top is the test's

# dracut_unpack FLAVOUR: ./tree is its initramfs, with our scripts as they are in the source.
dracut_unpack() {
	rm -rf tree fresh.tar
	mkdir tree
	zstd -dcq "$top/build/boot/$1/initrd.img" |
		(cd tree && cpio -idf --quiet --no-absolute-filenames 'usr/lib/modules/*' 'dev/*' 2>cpio.err)
	dracut_hook=$(cd tree && find . -name 90-parse-blobroot.sh)
	[ -n "$dracut_hook" ] || atf_fail "$1: no initramfs: $(cat tree/cpio.err)"
	cp "$top"/initrd/lib/*.sh "$top"/hooks/dracut/55blobroot/*.sh "$top"/hooks/dracut/55blobroot/waiting tree/lib/blobroot/
	dracut_hooks=$(dirname "$(dirname "${dracut_hook#./}")")
	cp "$top/hooks/dracut/55blobroot/parse-blobroot.sh" "tree/$dracut_hook"
	cp "$top/hooks/dracut/55blobroot/no-network.sh" "tree/$dracut_hooks/initqueue/timeout/50-no-network.sh"
	cp "$top/hooks/dracut/55blobroot/blobroot.sh" tree/sbin/blobroot
	for dracut_each in emergency shutdown-emergency; do
		cp "$top/hooks/dracut/55blobroot/gave-up.sh" "tree/$dracut_hooks/$dracut_each/90-gave-up.sh"
	done
	echo 'echo "$*" >>/reached' >tree/lib/blobroot/bring-up
	# Waits for what does not come here.
	echo '[ -z "${1-}" ] || echo nothing' >tree/lib/blobroot/waiting
	tar cf fresh.tar -C tree etc run tmp dev proc "$dracut_hooks"
}

# dracut_words WORD..: the tree as it was unpacked, with this kernel command line.
dracut_words() {
	(cd tree && rm -rf etc run tmp dev proc reached "$dracut_hooks")
	tar xf fresh.tar -C tree
	: >tree/dev/kmsg
	: >tree/dev/console
	echo "$*" >tree/proc/cmdline
}

# dracut_run TEXT: run TEXT there, in dracut's shell with its functions. The status is TEXT's.
dracut_run() {
	printf '%s\n' 'export PATH=/usr/sbin:/usr/bin:/sbin:/bin NEWROOT=/sysroot DRACUT_SYSTEMD=' \
		'. /lib/dracut-lib.sh' "$1" >tree/run/script
	"$top/images/as-root" unshare --net --mount --pid --fork --kill-child chroot tree /bin/sh /run/script >out 2>&1 </dev/null
}

# dracut_cmdline: what dracut does first: the hooks that parse the kernel command line.
dracut_cmdline() {
	dracut_cmdline_then 'export netroot root rootok
		export -p >/run/state'
}

# dracut_cmdline_then TEXT: and then TEXT.
dracut_cmdline_then() {
	dracut_run "root=\$(getarg root=); export root
		source_hook cmdline
		$1"
}

# dracut_leased ROOT-PATH: what dracut does with an interface whose lease has this option 17.
dracut_leased() {
	printf "new_root_path='%s'\n" "$1" >tree/tmp/dhclient.eth0.dhcpopts
	dracut_run '. /run/state
		/sbin/netroot eth0'
}
