/* SPDX-License-Identifier: MIT */
/*
 * Builds the seccomp filter: the system calls that the engine may make. Pure.
 *
 * Flow: confine -> confine_filter: its table of calls and arguments becomes BPF instructions.
 * Process: engine
 * Source: seccomp(2); Documentation/userspace-api/seccomp_filter.rst
 */
#ifndef BLOBROOT_CONFINE_FILTER_H
#define BLOBROOT_CONFINE_FILTER_H

#include "base/syscall_rule.h"

#include <linux/filter.h>

/* Large enough; the table takes half of it. */
enum { CONFINE_FILTER_MAX = 512 };

/*
 * Writes the program. It allows the calls in the table and in more (the transport's), with the arguments
 * listed there. Any other call, and any call of another ABI (32-bit, x32), kills the process with SIGSYS.
 * Returns its length in instructions, or 0 if the rules have outgrown CONFINE_FILTER_MAX.
 */
unsigned short confine_filter_build(const struct syscall_rule *more, unsigned more_count,
				    struct sock_filter program_out[CONFINE_FILTER_MAX]);

#endif
