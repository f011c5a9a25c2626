/* SPDX-License-Identifier: MIT */
/*
 * The system calls of the daemon that the fake kernel answers in the real one's place.
 *
 * Flow: kernel_daemon.c installs the filter between fork and exec; kernel_trap.c answers what it catches.
 * Process: the child that is about to become blobrootd.
 * Source: seccomp_unotify(2)
 */
#ifndef KERNEL_FILTER_H
#define KERNEL_FILTER_H

#include <stdbool.h>

/* The number that /dev/cachefiles has in the daemon: out of the way of those that it opens itself. */
enum { KERNEL_FILTER_DEVICE = 900 };

/*
 * From now on, in this process and its children: read(2) and write(2) of the device, every pwrite64(2), and
 * the ioctl that completes a read wait for the listener's answer. With is_start also open(2); and setsid(2)
 * and chroot(2) do nothing, so that the daemon stays in the test's process group and needs no privileges.
 * Returns the listener, close-on-exec, or -1 with errno.
 */
int kernel_filter_install(bool is_start);

#endif
