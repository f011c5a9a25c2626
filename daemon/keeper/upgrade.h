/* SPDX-License-Identifier: MIT */
/*
 * Replaces the running program, keeper and engine, by another one, without a failed read: the keeper's part.
 *
 * Flow: `blobrootd upgrade PATH` (client.c) -> datagram with two descriptors -> upgrade_take -> a trial of
 * the program -> upgrade_ended -> upgrade_exec.
 * Process: keeper. It allocates nothing.
 *
 * The keeper execs the new program: descriptors, process ID and children stay, so the kernel's device is
 * never closed. The engine works on meanwhile; the new keeper replaces it as if it had died, which readers do
 * not notice. Before the exec, the program is tried in a process of its own, with the keeper's arguments. One
 * that is no blobrootd, or for another machine, or does not understand them, is refused there.
 */
#ifndef BLOBROOT_UPGRADE_H
#define BLOBROOT_UPGRADE_H

#include "keeper/handover.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* What the trial must print after the program's name and version: no other program does so by chance. */
#define UPGRADE_CONSENT " takes over\n"

enum { UPGRADE_TRIAL_MS = 10000 };

/* One at a time. Zeroed is "none". */
struct upgrade {
	pid_t trial; /* 0: none is under way */
	int program; /* sealed memfd */
	int told;    /* pipe to the requester: as struct keeper_options' ready */
	int consent; /* pipe from the trial's stdout */
	uint64_t due_ms;
	bool is_late;
};

/*
 * The datagram socket is readable: takes one request, and begins the trial. Reports errors to the requester.
 * now_ms is CLOCK_MONOTONIC's.
 */
void upgrade_take(struct upgrade *upgrade, struct handover *know, uint64_t now_ms);

/* due_ms has passed: kills the trial. */
void upgrade_expire(struct upgrade *upgrade);

/* The trial has ended, with this waitpid status. Returns whether it may take over; else reports why. */
bool upgrade_ended(struct upgrade *upgrade, int status);

/* Execs the new program. Returns only if that failed, and that was reported. */
void upgrade_exec(struct upgrade *upgrade, struct handover *know);

#endif
