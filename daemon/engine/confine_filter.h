/* SPDX-License-Identifier: MIT */
/*
 * The system calls that the engine may make, as a program for the kernel's filter. Pure.
 *
 * Flow: confine -> confine_filter: its table of calls and arguments becomes instructions.
 * Process: engine
 * Source: seccomp(2); Documentation/userspace-api/seccomp_filter.rst
 */
#ifndef BLOBROOT_CONFINE_FILTER_H
#define BLOBROOT_CONFINE_FILTER_H

#include "base/syscall_rule.h"

#include <linux/filter.h>

/* Room enough; the table takes half of it. */
enum { CONFINE_FILTER_MAX = 512 };

/*
 * Writes the program: a call that the table has, or more (the transport's), with the arguments that it allows, is let
 * through; any other, and any call of another machine (32-bit, x32), ends the whole process with SIGSYS.
 * Returns its length in instructions, or 0 if the rules have outgrown CONFINE_FILTER_MAX.
 */
unsigned short confine_filter_build(const struct syscall_rule *more, unsigned more_count,
				    struct sock_filter program_out[CONFINE_FILTER_MAX]);

#endif
