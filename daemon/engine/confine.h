/* SPDX-License-Identifier: MIT */
/*
 * The end of the engine's start: from here on the process has no rights to lose.
 *
 * Flow: engine_run -> confine_engine, after what needs rights and before a byte of the network is read.
 * Process: engine
 * Source: capabilities(7), seccomp(2), PR_SET_NO_NEW_PRIVS(2const)
 */
#ifndef BLOBROOT_CONFINE_H
#define BLOBROOT_CONFINE_H

#include "base/syscall_rule.h"

/*
 * Closes every descriptor but 0 to 2 and those of keep (-1 is none), becomes LAYOUT_ENGINE_ID, drops groups and capabilities for good,
 * and lets through the system calls of confine_filter and of rules (the transport's) only; any other ends the process with SIGSYS. A process
 * that is not root keeps its user and does all the rest.
 * The process has one thread as yet; threads to come are confined as it is.
 * Returns 0, or -errno with the step that failed in *what_out: such a process must not go on.
 */
int confine_engine(const int *keep, unsigned keep_count, const struct syscall_rule *rules,
		   unsigned rule_count, const char **what_out);

#endif
