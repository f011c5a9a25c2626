/* SPDX-License-Identifier: MIT */
/*
 * Fetches the rest of the image in the background, so that no server is needed any more (rd.blob.complete=).
 *
 * Flow: engine_run -> complete_begin; a timer -> object_fetch_hole -> flights, as for read-ahead. When all
 * blocks of an object are stored, it reports OBJECT_ALL_HERE.
 * Process: engine
 *
 * Readers come first: a step starts only if no request waits, no flight is on the wire, and no request came
 * since the previous step. Steps are small (complete_step). A block that cannot be fetched is skipped, and
 * retried in the next round.
 *
 * If the open objects do not all fit into the store, nothing is fetched: a reader may need the space.
 */
#ifndef BLOBROOT_COMPLETE_H
#define BLOBROOT_COMPLETE_H

#include "serve/object.h"

enum {
	COMPLETE_STEP_LEAST = 64 * 1024,
	COMPLETE_STEP_MOST = 4 * 1024 * 1024,
	COMPLETE_STEPS_A_SECOND = 4, /* unless the step hits a limit */
	COMPLETE_ROUND_MS = 60000,   /* between rounds, while blocks are missing */
	COMPLETE_UNASKED_MS = 1000,  /* while the kernel has not asked for anything yet */
};

struct complete {
	struct object_table *table;
	const struct list *objects; /* the engine's */
	uint64_t rate;              /* bytes per second */
	uint64_t room;              /* bytes that the store can hold, of all objects together */
	uint64_t misses;            /* kernel requests counted at the previous step */
	struct loop_timer timer;
};

/* rate 0: does nothing. table and objects must outlive it, unless complete_end is called first. */
void complete_begin(struct complete *complete, struct object_table *table, const struct list *objects,
		    uint64_t rate, uint64_t room);
void complete_end(struct complete *complete);

/* Returns how many bytes one step fetches; *pause_ms_out: how long to wait before the next step. Pure. */
uint64_t complete_step(uint64_t rate, uint64_t *pause_ms_out);

#endif
