# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# For atf-sh boot tests: boots a VM from the tests' own web server.
#
# Flow: a test body sources it, calls boot_serve, then boot; the console is in ./console, the access log in ./log.
# shellcheck disable=SC2034,SC2154 # variables of this file and httpd.sh that tests use

boot_top=$(cd "$support/../../.." && pwd)
boot_build=$boot_top/build
# The parameter with the demo image's root hash.
boot_proof=rd.blob.roothash=$(cat "$boot_build/images/demo.erofs.roothash")

# shellcheck source=tests/support/httpd.sh
. "$support/httpd.sh"
# shellcheck source=tests/support/over.sh
. "$support/over.sh"
# shellcheck source=tests/support/turn.sh
. "$support/turn.sh"

# Serve ./www, which has the demo image as demo.erofs, with its hash tree: sets $port.
boot_serve() {
	mkdir -p www
	ln -sf "$boot_build/images/demo.erofs" "$boot_build/images/demo.erofs.verity" "$boot_build/images/demo.erofs.roothash" www/
	httpd_serve
	port=${url##*:}
	guest_url=http://10.0.2.2:$port
}

# boot FLAVOUR IMAGE STATUS MARKER [WORD..]: boot a VM; it must end with STATUS (0: the marker was seen).
# $boot_options has further options for qemu/run, $boot_qemu for QEMU, $boot_initrd another initramfs. After
# boot_enter_network, server and VM share a private network namespace.
#
# It boots by qemu/boot, as users do, where that changes nothing. Then the guest may go on for 0.3 s after the marker.
boot() {
	boot_flavour=$1 boot_image=$2 boot_status=$3 boot_marker=$4
	shift 4
	boot_words=$*
	set -- --kernel "$boot_build/boot/$boot_flavour/vmlinuz" --initrd "${boot_initrd:-$(boot_initrd_of "$boot_flavour")}"
	if boot_is_usual; then
		# shellcheck disable=SC2086 # words
		boot_with "$boot_status" qemu/boot "$guest_url/$boot_image" --expect "$boot_marker" --mem 512 "$@" ${boot_options:-} \
			-- rd.blob.contact=0 "$boot_words"
	else
		boot_run "$boot_status" "$boot_marker" "$@" --append "root=blob:$guest_url/$boot_image panic=-1 $boot_words"
	fi
}

# Is the boot the same by qemu/boot? That always gives ip=, a root hash and rd.blob.contact=, and without the last one dracut's
# initramfs has a limit of its own. It has neither --unplugged nor options of QEMU's.
boot_is_usual() {
	case $boot_flavour:${boot_qemu:-}:${boot_options:-} in dracut-* | *:?*:* | *--unplugged*) return 1 ;; esac
	case " $boot_words " in *' ip='*) ;; *) return 1 ;; esac
	case " $boot_words " in *' rd.blob.roothash='* | *' rd.blob.insecure '*) ;; *) return 1 ;; esac
}

# boot_initrd_of FLAVOUR: prints its initramfs' path. Those that are booted most are there uncompressed, because an emulated
# CPU takes a second to unpack xz. As they ship they are booted by power_on_test, from power-on.
boot_initrd_of() {
	boot_unpacked=$boot_build/tests/initrds/$1.cpio
	if [ -e "$boot_unpacked" ]; then echo "$boot_unpacked"; else echo "$boot_build/boot/$1/initrd.img"; fi
}

# boot_run STATUS MARKER OPTION..: the same by qemu/run, with all of its options.
boot_run() {
	boot_status=$1 boot_marker=$2
	shift 2
	# shellcheck disable=SC2086 # words
	boot_with "$boot_status" qemu/run --marker "$boot_marker" "$@" ${boot_options:-} -- ${boot_qemu:-}
}

# boot_with STATUS PROGRAM ARG..: PROGRAM is qemu/run or qemu/boot.
boot_with() {
	boot_status=$1 boot_program=$2
	shift 2
	turn_take
	${httpd_prefix:-} "$boot_top/$boot_program" --console console.raw --timeout 400 "$@" >end 2>&1 </dev/null 6>&-
	boot_got=$?
	turn_give
	tr -d '\r' <console.raw >console
	[ "$boot_got" -eq "$boot_status" ] || {
		tail -n 60 console
		cat end
		atf_fail "$boot_program ended with $boot_got, not $boot_status: $(tail -n 1 end): the console's last line: $(grep -a . console | tail -n 1 | cut -c 1-150)"
	}
	boot_is_clean
}

# boot_mkinitrd OPTION..: another initramfs for the cloud kernel.
boot_mkinitrd() {
	boot_initrd=$PWD/initrd.img
	boot_kver=$(cat "$boot_build/kernel/cloud.kver")
	atf_check "$boot_top/initrd/mkinitrd" --kernel "$boot_kver" --modules "$boot_build/kernel/$boot_kver/root" \
		--updates "$boot_build/modules/$boot_kver" --busybox "$boot_build/busybox" --blobrootd "$boot_build/blobrootd" \
		--compress none --out "$boot_initrd" "$@"
}

# A network namespace in which the test is root: a process started with $httpd_prefix only sees its loopback.
boot_enter_network() {
	# Root needs no user namespace for this, and may be where none can be created (in a chroot).
	boot_ns=-n boot_enter=-n
	unshare -n true 2>/dev/null || boot_ns=-rn boot_enter='-U -n --preserve-credentials'
	mkfifo boot.network
	unshare "$boot_ns" sh -c 'ip link set lo up && echo up && exec sleep 3000' >boot.network &
	httpd_prefix="nsenter -t $! $boot_enter"
	read -r _ <boot.network || atf_fail 'no network namespace'
}

# For guests with a large initramfs: qemu/newer says why, and that it makes small ones slower.
boot_by_newer_qemu() { export QEMU="$boot_build/qemu/newer/qemu-system-x86_64"; }

# No boot may have kernel warnings. Whether a panic is expected is up to the tests.
boot_is_clean() {
	sed '/Kernel panic - not syncing/,$d' console >console.running
	atf_check -s exit:1 -o empty grep -aE \
		'BUG:|WARNING: CPU|Oops|KASAN|general protection|blocked for more than|refcount_t' console.running
}

boot_has() { atf_check -o ignore grep -aE -- "$1" console; }
boot_has_not() { atf_check -s exit:1 grep -aE -- "$1" console; }

# The boot must fail with this line, once.
boot_fails_with() {
	boot_has "blobroot: boot failed: $1"
	atf_check -o inline:"1\n" grep -acE 'blobroot: boot failed:' console
}
