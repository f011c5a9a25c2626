# SPDX-License-Identifier: MIT
#
# What blobroot depends on, and what each dependency saves us. Packages of the build machine are in qemu/setup.

# Kernels, libraries and BusyBox come from this suite, whatever the build machine runs: through qemu/apt, from
# the machine's own mirrors. The newest version in the suite is used; for an older library see daemon/libs.
SUITE := trixie

# Static libraries of blobrootd, built from Debian's source packages by daemon/mkdeps.
#   curl 8.14     HTTP/1.1, proxies, redirects, keep-alive, TLS glue: an HTTP client of our own
#   mbedtls 3.6   TLS 1.2 and 1.3 in 400 KB
# Not libfuse: it reads and answers in a loop, threads and memory of its own. The engine has one loop, a filter that knows its
# system calls, and memory that is there before the first request, or a killed engine would cost reads. The protocol that it
# needs are the 200 lines of daemon/transport/fuse_msg.c.
LIBS := curl mbedtls

# The initramfs' user land: sh, modprobe, udhcpc, ip, mke2fs, switch_root.
BUSYBOX := busybox-static

# What a host without iPXE in its card loads first, for the tests of booting from power-on.
IPXE := ipxe

# The kernels. cloud: virtio drivers only, small. amd64: everything (KERNEL=amd64). backports: cloud, in the newest version
# that SUITE's backports have (7.3 in 2026-11).
KERNEL ?= cloud
KERNEL_cloud := linux-image-cloud-amd64
KERNEL_amd64 := linux-image-amd64
KERNEL_backports := linux-image-cloud-amd64
SUITE_backports := $(SUITE)-backports
