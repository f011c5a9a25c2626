/* SPDX-License-Identifier: MIT */
/*
 * The last step of the engine's start: drops all its privileges.
 *
 * Flow: engine_run -> sandbox_enter -> confine_engine, after all that needs privileges, and before a byte of
 * the network is read.
 * Process: engine
 * Source: capabilities(7), seccomp(2), PR_SET_NO_NEW_PRIVS(2const)
 */
#ifndef BLOBROOT_CONFINE_H
#define BLOBROOT_CONFINE_H

#include "base/syscall_rule.h"

/*
 * Closes every descriptor except 0 to 2 and those of keep (-1: none), becomes LAYOUT_ENGINE_ID, and drops
 * groups and capabilities for good. Then it allows only the system calls of confine_filter and of rules (the
 * transport's); any other kills the process with SIGSYS. A process that is not root keeps its user, groups
 * and bounding set.
 * The process must still have one thread; later threads inherit all this. Returns 0, or -errno with the step
 * that failed in *what_out: such a process must not go on.
 */
int confine_engine(const int *keep, unsigned keep_count, const struct syscall_rule *rules,
		   unsigned rule_count, const char **what_out);

#endif
