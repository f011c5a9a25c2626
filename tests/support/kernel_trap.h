/* SPDX-License-Identifier: MIT */
/*
 * Answers one system call that the filter has caught.
 *
 * Flow: kernel_daemon.c sees the listener readable; kernel_model.c and kernel_answer.c know the results.
 * Process: the fake kernel.
 * Source: seccomp_unotify(2), process_vm_readv(2)
 */
#ifndef KERNEL_TRAP_H
#define KERNEL_TRAP_H

#include <sys/types.h>

/* Returns the process that made the call, 0 when it is gone. */
pid_t kernel_trap_answer(int listener);

/* open("/dev/cachefiles") fails with this; 0: it does not. */
void kernel_trap_fail_open(int error);

#endif
