/* SPDX-License-Identifier: MIT */
/*
 * How much may be written to a store on a disk: has it tended (disk_tend.h) before a limit can be passed, and now and then because
 * others write to the disk, too.
 *
 * Flow: disk asks before each write -> a thread tends -> more may be written, or not.
 * Process: engine
 */
#ifndef BLOBROOT_DISK_ROOM_H
#define BLOBROOT_DISK_ROOM_H

#include "base/loop.h"
#include "store/disk_tend.h"
#include "store/worker.h"

enum { DISK_ROOM_TEND_MS = 30000 };

enum disk_room_news {
	DISK_ROOM_DELETED, /* what: an image, to make room */
	DISK_ROOM_NONE,    /* what: why nothing may be written; once, until there is room again */
	DISK_ROOM_AGAIN,
};

/* Embedded in a disk. Zeroed, but for what the caller sets: loop to arg. Nothing may be written before the first tending. */
struct disk_room {
	struct loop *loop;
	struct worker *worker;
	int dir;
	struct limits limits;
	void (*news)(void *arg, enum disk_room_news news, const char *what);
	void *arg;

	char running[DISK_NAME_MAX + 1]; /* the image that is booted */
	uint64_t size;                   /* .. and its bytes */
	bool is_reserving;               /* all of them are taken after the first tending */
	uint64_t budget;                 /* bytes */
	uint64_t taken; /* bytes, since the tending that is under way was asked for: it may not see them */
	bool is_tending, is_short;
	struct disk_tended tended;
	struct worker_job job;
	struct loop_timer timer;
	void (*done)(void *arg); /* after the first tending */
	void *done_arg;
};

/* is_reserving: as disk_tend's is_reserved, now. Shape: not while it tends. done is called from the loop. */
void disk_room_begin(struct disk_room *room, const char *running, uint64_t size, bool is_reserving,
		     void (*done)(void *arg), void *done_arg);
void disk_room_end(struct disk_room *room);

/* May len bytes be written? Then they count as written. */
bool disk_room_take(struct disk_room *room, uint64_t len);

#endif
