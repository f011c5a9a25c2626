/* SPDX-License-Identifier: MIT */
/*
 * Is a thread being killed? An engine cannot see that, and must know it: see NOTICE_INTERRUPTED.
 *
 * Flow: keeper asks for a thread that waits for an answer of the engine.
 * Process: keeper. It allocates nothing.
 * Source: proc(5), SigPnd of /proc/TID/status; Linux, kernel/signal.c:complete_signal (each thread of a process that a
 * signal ends has SIGKILL pending)
 */
#ifndef BLOBROOT_DYING_H
#define BLOBROOT_DYING_H

#include <stdbool.h>

/* Shape: proc is a descriptor of /proc. False if there is no such thread. */
bool dying_is(int proc, int thread);

/* The same, decided from the text of its status file. Pure. */
bool dying_is_said(const char *status);

#endif
