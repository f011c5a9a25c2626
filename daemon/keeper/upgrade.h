/* SPDX-License-Identifier: MIT */
/*
 * Another program in the place of the one that runs, keeper and engine, without a failed read: the keeper's part.
 *
 * Flow: `blobrootd upgrade PATH` (client.c) -> datagram with two descriptors -> upgrade_take -> a trial of the program
 * -> upgrade_ended -> upgrade_exec. Process: keeper. It allocates nothing.
 *
 * The keeper becomes the new program by an exec: descriptors, process ID and children stay what they are, so the
 * kernel's device is never closed. The engine works on meanwhile; the new keeper replaces it as if it had died, which
 * readers do not notice. Before the exec the program is tried in a process of its own, with the keeper's own
 * arguments: what is no blobrootd, or is for another machine, or does not understand them, is refused there.
 */
#ifndef BLOBROOT_UPGRADE_H
#define BLOBROOT_UPGRADE_H

#include "keeper/handover.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* What the trial must print, behind the program's name and version: no other program says so by chance. */
#define UPGRADE_CONSENT " takes over\n"

enum { UPGRADE_TRIAL_MS = 10000 };

/* One at a time. Zeroed is "none". */
struct upgrade {
	pid_t trial; /* 0: none is under way */
	int program; /* sealed memfd */
	int told;    /* to whoever asked: as struct handover's ready */
	int consent; /* what the trial prints */
	uint64_t due_ms;
	bool is_late;
};

/*
 * The datagram socket can be read: takes one request, and begins the trial. What is wrong with the request is told to
 * whoever asked. now_ms is CLOCK_MONOTONIC's.
 */
void upgrade_take(struct upgrade *upgrade, struct handover *know, uint64_t now_ms);

/* due_ms is over: the trial will end. */
void upgrade_expire(struct upgrade *upgrade);

/* The trial has ended, with this status of waitpid. Returns whether it may take over; if not, that has been told. */
bool upgrade_ended(struct upgrade *upgrade, int status);

/* Becomes the new program. Returns only if that failed, and that has been told. */
void upgrade_exec(struct upgrade *upgrade, struct handover *know);

#endif
