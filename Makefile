# SPDX-License-Identifier: MIT
#
# make            build/blobrootd                  make demo     boot a VM from a blob, watch it come up; TRANSPORT=fuse: with
#                                                                Debian's kernel as it is
# make check      every test, in half an hour      make lint     formatting, static analysis, house rules
# make check-long endurance, for an hour or more
# make bench      the README's figures             make install  DESTDIR=.., PREFIX=/usr
# make fuzz       each fuzz target for FUZZ_S=60 s; FUZZ=NAME.. only these
# make modules KVER=..                             the on-demand kernel modules for your own kernel
# make renew      look for newer libraries, BusyBox and kernels, so that the next make builds with them
#
# All output is under build/. V=1 shows commands.

include deps.mk

VERSION := 0.1
PREFIX ?= /usr
MODULES_DESTDIR ?= $(DESTDIR)

V ?= 0
ifneq ($(V),1)
.SILENT:
endif
# A half-written target must not look complete.
.DELETE_ON_ERROR:
.SUFFIXES:

# -- the daemon --------------------------------------------------------------------------------------------------

# One variable per room: see daemon/README.md.
ROOM_base := cmdline engine_options file flood hex limits log loop mount_plan notice options rdnss rights words
ROOM_fetch := blob blob_transfer blob_url certificate chain constraints contact credentials fetch fetch_auth fetch_explain \
	hostname mirror mirror_name mirror_probe mirror_stats multi netrc origin pace race reply retry server tls version
ROOM_transport := cachefiles cachefiles_keeper cachefiles_kept cachefiles_msg erofs_features erofs_mount erofs_tiny fs_mount fuse fuse_keeper \
	fuse_msg fuse_probe \
	mount_words transports
ROOM_trust := audit certdir erofs_super hash_cache hashes pkcs7 proof proof_disk proof_judge proof_match proof_part proof_round roothash sha256 signature tree tree_disk verity
ROOM_store := about blockset disk disk_dir disk_image disk_list disk_reserve disk_room disk_rules disk_tend kept memory store worker
ROOM_serve := complete fill flight flight_pool gather known_false news object object_prefetch object_table objects outage prefetch prefetch_hashes prefetch_run present profile readahead recorder requests reread trigger
ROOM_engine := blobdev boot confine confine_filter disk_store engine heartbeat image interrupts kernel_file process recall replay sandbox shared store_role vouch waits zone
ROOM_keeper := answer choice client dying end force handover hold home keeper launch mount_image pin profile_role room routers start state store_dir told upgrade
DAEMON_ROOMS := base fetch transport store trust serve engine keeper
DAEMON_OBJS := main.o $(foreach room,$(DAEMON_ROOMS),$(ROOM_$(room):%=$(room)/%.o))

MUSL_CC := musl-gcc
WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Wstrict-prototypes -Wmissing-prototypes
CPPFLAGS_ALL := -D_GNU_SOURCE -DBLOBROOT_VERSION='"$(VERSION)"' -DMBEDTLS_USER_CONFIG_FILE='"mbedtls_user_config.h"' \
	-Idaemon
CFLAGS_ALL := -std=gnu11 -Os -ffunction-sections -fdata-sections -fstack-protector-strong $(WARNINGS)
LIBS_A := build/deps/lib/libcurl.a build/deps/lib/libmbedtls.a build/deps/lib/libmbedx509.a \
	build/deps/lib/libmbedcrypto.a

.PHONY: all
all: libs-are-newest

# Fails where a library is older than the suite's newest, unless OLDER_LIBS=yes. What these goals build meets loopback only.
LOCAL_GOALS := demo check check-% test-% bench lint fuzz
OLDER_LIBS ?= $(if $(filter-out $(LOCAL_GOALS),$(or $(MAKECMDGOALS),all)),no,yes)
export OLDER_LIBS

.PHONY: libs-are-newest
libs-are-newest: build/blobrootd
	daemon/libs build/deps/versions $(OLDER_LIBS)

build/blobrootd: $(DAEMON_OBJS:%=build/obj/%) $(LIBS_A)
	echo "  LD      $@"
	$(MUSL_CC) -static -s -Wl,--gc-sections -o $@ $^

build/obj/%.o: daemon/%.c build/deps/ready
	echo "  CC      $@"
	mkdir -p $(@D)
	$(MUSL_CC) $(CPPFLAGS_ALL) -isystem build/deps/include $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

# The only CPU-bound code: 1.5 times as fast, for 3 KiB more.
build/obj/trust/sha256.o: CFLAGS_ALL += -O3

-include $(DAEMON_OBJS:%.o=build/obj/%.d)

$(LIBS_A): build/deps/ready
build/deps/ready: daemon/mkdeps daemon/mbedtls_user_config.h deps.mk qemu/apt | setup-build
	echo "  DEPS    $(LIBS) (once, about a minute)"
	rm -rf build/src build/deps
	qemu/apt $(SUITE) src build/src $(LIBS)
	daemon/mkdeps build/src build/deps $(MUSL_CC) >build/deps.log 2>&1 || { tail -n 20 build/deps.log >&2; exit 1; }
	cp build/src/versions build/deps/versions
	printf '#define LIBS_VERSIONS "%s"\n' "$$(daemon/libs build/deps/versions)" >build/deps/include/libs_versions.h
	touch $@

# What came from the suite is downloaded once, and again after this.
.PHONY: renew
renew:
	qemu/apt $(SUITE) update
	test ! -d build/apt/$(SUITE_backports) || qemu/apt $(SUITE_backports) update
	rm -f build/deps/ready build/busybox build/ipxe/ready build/kernel/*.kver

build/busybox: deps.mk qemu/apt | setup-build
	echo "  FETCH   $@"
	rm -rf build/busybox.deb
	qemu/apt $(SUITE) deb build/busybox.deb $(BUSYBOX)
	dpkg-deb --fsys-tarfile build/busybox.deb/*.deb | tar -xO ./usr/bin/busybox >$@
	chmod 755 $@
	touch $@

build/qemu/newer/qemu-system-x86_64: qemu/newer qemu/apt | setup-check
	echo "  FETCH   $@"
	qemu/newer $(@D)
	touch $@

# Not installed as a package: that would put iPXE into the machine's boot menu.
build/ipxe/ready: deps.mk qemu/apt | setup-build
	echo "  FETCH   $(@D)"
	rm -rf build/ipxe
	qemu/apt $(SUITE) deb build/ipxe $(IPXE)
	dpkg-deb --fsys-tarfile build/ipxe/*.deb | tar -x -C build/ipxe --strip-components=4 \
		./usr/lib/ipxe/undionly.kpxe ./usr/lib/ipxe/snponly.efi
	touch $@

# -- set-up ------------------------------------------------------------------------------------------------------

.PHONY: setup-build setup-check setup-lint setup-bench setup-fuzz
setup-build setup-check setup-lint setup-bench setup-fuzz: setup-%:
	qemu/setup $*
# Every group needs something compiled.
setup-check setup-lint setup-bench setup-fuzz: setup-build

# -- kernels, modules, initramfs ---------------------------------------------------------------------------------

KERNEL_SCRIPTS := $(wildcard hooks/modules/*) $(wildcard hooks/modules/patches/*)
INITRD_PARTS := $(shell find initrd -type f)

build/kernel/%.kver: deps.mk hooks/modules/kernel qemu/apt | setup-build
	echo "  FETCH   $(KERNEL_$*) and its headers"
	mkdir -p $(@D)
	hooks/modules/kernel -H -s $(SUITE) $(KERNEL_$*) >$@

# No module is rebuilt for it, so it needs no headers.
build/kernel/backports.kver: deps.mk hooks/modules/kernel qemu/apt | setup-build
	echo "  FETCH   $(KERNEL_backports) of $(SUITE_backports)"
	mkdir -p $(@D)
	hooks/modules/kernel -s $(SUITE_backports) $(KERNEL_backports) >$@

build/modules/%.ready: build/kernel/%.kver $(KERNEL_SCRIPTS)
	echo "  MODULES $$(cat $<)"
	mkdir -p $(@D)
	hooks/modules/build -s $(SUITE) $$(cat $<)
	touch $@

build/modules/%.unpatched.ready: build/kernel/%.kver $(KERNEL_SCRIPTS)
	echo "  MODULES $$(cat $<) without our patches"
	mkdir -p $(@D)
	hooks/modules/build -u -s $(SUITE) $$(cat $<)
	touch $@

# A flavour: the kernel, the modules that replace its own, and the lists of its initramfs. In those with -stock and -7.3 no
# module is replaced.
FLAVOURS := busybox-6.12 busybox-amd64-6.12 busybox-unpatched-6.12 busybox-stock-6.12 busybox-7.3
# Flavours made by dracut: the Debian release whose dracut is used, and its arguments.
#   dracut-6.12         Debian 13's dracut 106: systemd and systemd-networkd
#   dracut-stock-6.12, dracut-7.3   the same
#   dracut-nm-6.12      NetworkManager in its place
#   dracut-legacy-6.12  no systemd, dracut's own scripts and dhclient
#   dracut-059-6.12     Debian 12's dracut, systemd, dracut's own network scripts
#   dracut-059-networkd-6.12   the same with systemd-networkd
DRACUT_REBUILT := dracut-6.12 dracut-nm-6.12 dracut-legacy-6.12 dracut-059-6.12 dracut-059-networkd-6.12
DRACUT_FLAVOURS := $(DRACUT_REBUILT) dracut-stock-6.12 dracut-7.3
BOOTABLE := $(FLAVOURS) $(DRACUT_FLAVOURS)
flavour_kernel = $(if $(findstring amd64,$(1)),amd64,$(if $(findstring -7.3,$(1)),backports,cloud))

.PHONY: $(BOOTABLE:%=build/boot/%)
$(BOOTABLE:%=build/boot/%): build/boot/%: build/boot/%/initrd.img build/boot/%/vmlinuz libs-are-newest

$(foreach flavour,$(BOOTABLE),$(eval build/boot/$(flavour)/initrd.img build/boot/$(flavour)/vmlinuz: \
	build/kernel/$(call flavour_kernel,$(flavour)).kver))
$(BOOTABLE:%=build/boot/%/vmlinuz):
	mkdir -p $(@D)
	kver=$$(cat build/kernel/$(call flavour_kernel,$@).kver) && cp build/kernel/$$kver/root/boot/vmlinuz-$$kver $@

build/boot/busybox-6.12/initrd.img: build/modules/cloud.ready
build/boot/busybox-amd64-6.12/initrd.img: build/modules/amd64.ready
build/boot/busybox-unpatched-6.12/initrd.img: build/modules/cloud.unpatched.ready
build/boot/busybox-6.12/initrd.img: updates = --updates build/modules/$$kver
build/boot/busybox-amd64-6.12/initrd.img: updates = --updates build/modules/$$kver --list initrd/lists/hardware
build/boot/busybox-unpatched-6.12/initrd.img: updates = --updates build/modules/$$kver.unpatched
$(FLAVOURS:%=build/boot/%/initrd.img): build/blobrootd build/busybox $(INITRD_PARTS)
	echo "  INITRD  $@"
	kver=$$(cat build/kernel/$(call flavour_kernel,$@).kver) && \
	initrd/mkinitrd --kernel $$kver --modules build/kernel/$$kver/root $(updates) \
		--busybox build/busybox --blobrootd build/blobrootd --out $@

# Trees in which dracut runs, with their own udev, systemd and network modules; without a kernel.
TREE_dracut := dracut dracut-network systemd systemd-sysv udev dbus kmod cpio zstd iproute2 iputils-arping \
	isc-dhcp-client network-manager procps

build/trees/dracut-%.tar: images/as-root images/bootstrap qemu/apt | setup-check
	echo "  TREE    $@"
	mkdir -p $(@D)
	images/bootstrap $* $@ $(TREE_dracut)

# Omits what no test needs, because an emulated CPU has to unpack everything. zstd -3 packs and unpacks fast.
DRACUT_OMIT := i18n console-setup plymouth drm crypt dm dmraid lvm mdraid multipath nvdimm \
	btrfs qemu qemu-net iscsi nbd nfs cifs fcoe fcoe-uefi nvmf resume lunmask pcmcia numlock \
	systemd-cryptsetup systemd-repart systemd-pcrphase tpm2-tss fido2 pkcs11 bluetooth hwdb virtfs virtiofs kernel-modules-extra overlayfs overlay-root
DRACUT_LEAN = --no-early-microcode --compress 'zstd -q -3' --omit '$(DRACUT_OMIT)'
DRACUT_NO_SYSTEMD := --omit 'systemd systemd-initrd dracut-systemd systemd-udevd systemd-journald systemd-tmpfiles \
	systemd-sysctl systemd-modules-load systemd-networkd systemd-ask-password dbus dbus-daemon dbus-broker'
DRACUT_ARGS_dracut-6.12 := --add systemd-networkd
DRACUT_ARGS_dracut-stock-6.12 := $(DRACUT_ARGS_dracut-6.12)
DRACUT_ARGS_dracut-7.3 := $(DRACUT_ARGS_dracut-6.12)
DRACUT_ARGS_dracut-nm-6.12 := --add network-manager
DRACUT_ARGS_dracut-legacy-6.12 := --add network-legacy $(DRACUT_NO_SYSTEMD)
DRACUT_ARGS_dracut-059-6.12 := --add network-legacy
DRACUT_ARGS_dracut-059-networkd-6.12 := --add systemd-networkd

build/dracut/installed: build/blobrootd build/busybox $(INITRD_PARTS) $(wildcard hooks/dracut/55blobroot/*)
	rm -rf $@
	$(MAKE) --no-print-directory install-host DESTDIR=$@
	touch $@

$(filter build/boot/dracut-059%,$(DRACUT_FLAVOURS:%=build/boot/%/initrd.img)): build/trees/dracut-bookworm.tar
$(filter-out build/boot/dracut-059%,$(DRACUT_FLAVOURS:%=build/boot/%/initrd.img)): build/trees/dracut-trixie.tar
$(DRACUT_REBUILT:%=build/boot/%/initrd.img): build/modules/cloud.ready
$(DRACUT_REBUILT:%=build/boot/%/initrd.img): updates = --updates build/modules/$$kver
$(DRACUT_FLAVOURS:%=build/boot/%/initrd.img): build/boot/%/initrd.img: build/dracut/installed hooks/dracut/mkinitrd \
	images/as-root images/unpacked
	echo "  DRACUT  $@"
	mkdir -p $(@D)
	kver=$$(cat build/kernel/$(call flavour_kernel,$@).kver) && \
	hooks/dracut/mkinitrd --tree $(filter %.tar,$^) --installed build/dracut/installed --kernel $$kver \
		--modules build/kernel/$$kver/root $(updates) --out $@ $(DRACUT_LEAN) $(DRACUT_ARGS_$*)

# For the user's own kernel: see hooks/modules/build.
.PHONY: modules modules-install
modules: | setup-build
	test -n "$(KVER)" || { echo 'make modules: KVER=.. is missing: which kernel? (uname -r tells this one)' >&2; exit 1; }
	hooks/modules/build $(KVER)

modules-install: modules
	hooks/modules/install "$(MODULES_DESTDIR)" $(KVER)

# -- images ------------------------------------------------------------------------------------------------------

DEMO_IMAGE := build/images/demo.erofs build/images/demo.erofs.verity build/images/demo.erofs.roothash

# Includes what tests run in it: scripts and programs.
$(DEMO_IMAGE) &: images/demo images/mkimage build/busybox build/tests/support/forbid \
	build/tests/support/reaper build/tests/support/tree $(shell find images/roots tests/boot/guest -type f 2>/dev/null) | setup-build
	echo "  IMAGE   build/images/demo.erofs"
	rm -rf build/images/tests
	mkdir -p build/images/tests
	cp tests/boot/guest/* $(addprefix build/tests/support/,forbid reaper tree) build/images/tests/
	images/demo --busybox build/busybox --out build/images --tests build/images/tests

DEBIAN_IMAGE := build/images/debian.erofs build/images/debian.erofs.verity build/images/debian.erofs.roothash

$(DEBIAN_IMAGE) &: $(addprefix images/,as-root bootstrap debian mkimage unpacked) $(shell find images/roots/debian -type f) \
	qemu/apt deps.mk | setup-check
	echo "  IMAGE   build/images/debian.erofs"
	mkdir -p build/images
	images/debian $(SUITE) build/images/debian.erofs

# What a test's host runs as an extension of its root.
PODMAN_IMAGE := build/images/podman.erofs build/images/podman.erofs.verity build/images/podman.erofs.roothash

$(PODMAN_IMAGE) &: tests/images/podman images/mkimage qemu/apt deps.mk | setup-check
	echo "  IMAGE   build/images/podman.erofs"
	mkdir -p build/images
	tests/images/podman build/images/podman.erofs

# An image of each layout that Debian's versions of mkfs.erofs make.
build/layouts/ready: tests/images/layouts images/as-root build/tests/support/tree qemu/apt | setup-check
	echo "  IMAGES  build/layouts"
	tests/images/layouts build/tests/support/tree build/layouts
	touch $@

# -- demo --------------------------------------------------------------------------------------------------------

# TRANSPORT=fuse: with the kernel as Debian has it. KERNEL=amd64: with drivers for network cards.
DEMO_FLAVOUR := $(if $(filter amd64,$(KERNEL)),busybox-amd64-6.12,$(if $(filter fuse,$(TRANSPORT)),busybox-stock-6.12,busybox-6.12))

.PHONY: demo
demo: setup-check $(DEMO_IMAGE)
	$(MAKE) --no-print-directory build/boot/$(DEMO_FLAVOUR)
	qemu/demo build/boot/$(DEMO_FLAVOUR) build/images/demo.erofs $(TRANSPORT:%=rd.blob.transport=%)

# -- tests -------------------------------------------------------------------------------------------------------

include tests/programs.mk

TIERS := unit fuzz daemon native initrd images hooks qemu boot

.PHONY: check check-long $(TIERS:%=check-%)
check: test-programs test-artifacts
	tests/run

check-long: test-programs test-artifacts
	tests/run --long

$(TIERS:%=check-%): check-%: test-programs test-artifacts
	tests/run $*

# boot.sh says why.
TEST_INITRDS := $(patsubst %,build/tests/initrds/%.cpio,busybox-6.12 busybox-stock-6.12 busybox-unpatched-6.12 busybox-7.3)

$(TEST_INITRDS): build/tests/initrds/%.cpio: build/boot/%/initrd.img
	mkdir -p $(@D)
	xz -dc $< >$@

.PHONY: test-artifacts
test-artifacts: $(TEST_INITRDS) setup-check build/blobrootd build/ipxe/ready $(DEMO_IMAGE) build/boot/busybox-6.12 \
	build/boot/busybox-amd64-6.12 build/boot/busybox-stock-6.12 build/boot/busybox-unpatched-6.12 build/boot/busybox-7.3 \
	$(DRACUT_FLAVOURS:%=build/boot/%) build/images/debian.erofs $(PODMAN_IMAGE) build/layouts/ready \
	build/qemu/newer/qemu-system-x86_64

BENCH_PROGS := build/bench/fetch_to build/bench/stopwatch

$(BENCH_PROGS): build/bench/%: tests/bench/%.c $(LIBS_A)
	mkdir -p $(@D)
	$(MUSL_CC) -std=gnu11 -D_GNU_SOURCE -O2 -Wall -Wextra -static -s -isystem build/deps/include -o $@ $^

# Measures the object that ships.
build/bench/sha256: tests/bench/sha256.c build/obj/trust/sha256.o build/deps/lib/libmbedcrypto.a
	mkdir -p $(@D)
	$(MUSL_CC) -std=gnu11 -D_GNU_SOURCE -O2 -Wall -Wextra -static -s -Idaemon -isystem build/deps/include -o $@ $^

# Without sanitizers, because it is timed.
build/bench/httpd: $(HTTPD_SRCS) | setup-build
	mkdir -p $(@D)
	$(TEST_CC) -std=gnu11 -D_GNU_SOURCE -O2 -o $@ $^

build/bench/line: tests/bench/line.c | setup-build
	mkdir -p $(@D)
	$(TEST_CC) -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -O2 -o $@ $<

build/bench/kernel: $(KERNEL_SRCS) $(SUPPORT_H) | setup-build
	mkdir -p $(@D)
	$(TEST_CC) -std=gnu11 -D_GNU_SOURCE -Idaemon -O2 -o $@ $(filter %.c,$^)

# The demo root with large files that do not compress, instead of its own.
build/bench/www/bench.erofs: images/demo images/mkimage build/busybox $(wildcard tests/bench/guest/*) $(BENCH_PROGS)
	echo "  IMAGE   $@"
	images/demo --busybox build/busybox --out build/bench --name bench --tests tests/bench/guest
	mkdir -p build/bench/www build/bench/bench.root/bench
	for i in 1 2 3 4 5; do head -c 48M /dev/urandom >build/bench/www/large.$$i; done
	rm -rf build/bench/bench.root/data build/bench/bench.erofs
	ln build/bench/www/large.* build/bench/bench.root/bench/
	head -c 64M /dev/urandom >build/bench/bench.root/bench/random
	install -m 755 $(BENCH_PROGS) build/bench/bench.root/bin/
	install -m 755 tests/boot/guest/processes build/bench/bench.root/tests/
	images/mkimage --all-root --compress none build/bench/bench.root $@

build/bench/initrd.img: build/boot/busybox-6.12/initrd.img tests/bench/list
	kver=$$(cat build/kernel/cloud.kver) && \
	initrd/mkinitrd --kernel $$kver --modules build/kernel/$$kver/root --updates build/modules/$$kver \
		--list tests/bench/list --busybox build/busybox --blobrootd build/blobrootd --out $@

build/bench/initrd.stock.img: build/boot/busybox-stock-6.12/initrd.img tests/bench/list
	kver=$$(cat build/kernel/cloud.kver) && \
	initrd/mkinitrd --kernel $$kver --modules build/kernel/$$kver/root \
		--list tests/bench/list --busybox build/busybox --blobrootd build/blobrootd --out $@

# For comparisons with what dracut has: its modules nbd and dmsquash-live beside ours.
build/trees/bench-%.tar: images/as-root images/bootstrap qemu/apt | setup-check
	echo "  TREE    $@"
	mkdir -p $(@D)
	images/bootstrap $* $@ $(TREE_dracut) dracut-live dmsetup curl ca-certificates nbd-client

BENCH_HOOK := build/bench/dracut/var/lib/dracut/hooks/pre-pivot/90-bench.sh
build/bench/dracut.img: DRACUT_OMIT := $(filter-out dm nbd overlayfs overlay-root,$(DRACUT_OMIT))
build/bench/dracut.img: build/trees/bench-$(SUITE).tar build/dracut/installed build/modules/cloud.ready hooks/dracut/mkinitrd \
	tests/bench/dracut/hook.sh images/as-root images/unpacked
	echo "  DRACUT  $@"
	install -D -m 755 tests/bench/dracut/hook.sh $(BENCH_HOOK)
	kver=$$(cat build/kernel/cloud.kver) && \
	hooks/dracut/mkinitrd --tree $< --installed build/dracut/installed --kernel $$kver --modules build/kernel/$$kver/root \
		--updates build/modules/$$kver --out $@.part $(DRACUT_LEAN) --add 'systemd-networkd nbd dmsquash-live livenet' \
		--add-drivers 'virtio_blk squashfs'
	truncate -s %4 $@.part
	(cd build/bench/dracut && find var | cpio --quiet -R +0:+0 -o -H newc) >>$@.part
	mv $@.part $@

# The Debian root with much more in it: what a developer's desktop has.
build/bench/large.erofs: tests/bench/large.packages $(addprefix images/,as-root bootstrap debian mkimage unpacked) \
	$(shell find images/roots/debian -type f) qemu/apt deps.mk | setup-check
	echo "  IMAGE   $@"
	mkdir -p build/bench/large
	cat images/roots/debian/packages tests/bench/large.packages >build/bench/large/packages
	for part in setup files; do ln -sfn ../../../images/roots/debian/$$part build/bench/large/$$part; done
	images/debian --recipe build/bench/large $(SUITE) $@

.PHONY: bench
bench: setup-check setup-bench build/boot/busybox-6.12 build/boot/busybox-amd64-6.12 build/boot/busybox-stock-6.12 $(DEMO_IMAGE) \
	build/images/debian.erofs build/bench/httpd build/bench/kernel build/bench/line build/bench/sha256 \
	build/bench/www/bench.erofs build/bench/initrd.img build/bench/initrd.stock.img build/bench/dracut.img \
	build/boot/dracut-6.12 build/qemu/newer/qemu-system-x86_64
	tests/bench/run

# -- lint --------------------------------------------------------------------------------------------------------

.PHONY: lint
lint: setup-lint build/deps/ready
	tests/lint

# -- install, clean ----------------------------------------------------------------------------------------------

# For hosts: blobrootd with its man pages, and the dracut module with the files that it puts into an initramfs. For people who
# test boots: blobroot-boot, with a kernel and an initramfs.
DRACUT_MODULE := $(PREFIX)/lib/dracut/modules.d/55blobroot
.PHONY: install install-host install-boot
install: install-host install-boot

install-host: build/busybox libs-are-newest
	install -D -m 755 build/blobrootd $(DESTDIR)$(PREFIX)/sbin/blobrootd
	install -D -m 644 daemon/blobrootd.8 $(DESTDIR)$(PREFIX)/share/man/man8/blobrootd.8
	install -D -m 644 daemon/blobroot.cmdline.7 $(DESTDIR)$(PREFIX)/share/man/man7/blobroot.cmdline.7
	install -D -m 644 daemon/blobroot-store.5 $(DESTDIR)$(PREFIX)/share/man/man5/blobroot-store.5
	install -D -m 644 daemon/blobroot.profile.5 $(DESTDIR)$(PREFIX)/share/man/man5/blobroot.profile.5
	install -d $(addprefix $(DESTDIR)$(PREFIX)/lib/blobroot/,lib make handover transports) $(DESTDIR)$(DRACUT_MODULE)
	install -m 755 build/busybox initrd/lease-update $(DESTDIR)$(PREFIX)/lib/blobroot/
	install -m 644 initrd/lists/base $(DESTDIR)$(PREFIX)/lib/blobroot/
	install -m 644 initrd/lists/transports/* $(DESTDIR)$(PREFIX)/lib/blobroot/transports/
	install -m 644 initrd/lib/*.sh $(DESTDIR)$(PREFIX)/lib/blobroot/lib/
	install -m 644 initrd/make/trust.sh $(DESTDIR)$(PREFIX)/lib/blobroot/make/
	install -m 644 initrd/handover/* $(DESTDIR)$(PREFIX)/lib/blobroot/handover/
	install -m 755 hooks/dracut/55blobroot/* $(DESTDIR)$(DRACUT_MODULE)/

BOOT_DIR := $(DESTDIR)$(PREFIX)/lib/blobroot
install-boot: build/boot/busybox-stock-6.12
	install -d $(addprefix $(BOOT_DIR)/,boot images qemu/guest qemu/lib) $(DESTDIR)$(PREFIX)/bin
	install -m 644 $</vmlinuz $</initrd.img $(BOOT_DIR)/boot/
	install -m 755 $(addprefix images/,as-root bootplot mkimage mkprofile unpacked verity) $(BOOT_DIR)/images/
	install -m 755 $(addprefix qemu/,accel boot free-port janitor machine run serve words) $(BOOT_DIR)/qemu/
	install -m 644 qemu/lib/*.sh $(BOOT_DIR)/qemu/lib/
	install -m 755 qemu/guest/* $(BOOT_DIR)/qemu/guest/
	ln -sf ../lib/blobroot/qemu/boot $(DESTDIR)$(PREFIX)/bin/blobroot-boot
	install -D -m 644 qemu/blobroot-boot.1 $(DESTDIR)$(PREFIX)/share/man/man1/blobroot-boot.1

.PHONY: clean
clean:
	rm -rf build
