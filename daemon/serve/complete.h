/* SPDX-License-Identifier: MIT */
/*
 * Independent at last: brings in the rest of the image while nobody needs the network (rd.blob.complete=).
 *
 * Flow: engine_run -> complete_begin; a timer -> object_fetch_hole -> flights, as for read-ahead. When every block of an
 * object is there, its news say so. Process: engine
 *
 * Readers come first: a step begins only when nobody waits, nothing is on the wire, and no request came since the step
 * before; and what it fetches at once is small (complete_step). A block that cannot be had is passed over, and asked for
 * again in the next round.
 *
 * An image that is larger than the store's room is left alone: whatever would be brought in for nobody might be the
 * room that a reader needs. One that fits takes nothing from anybody.
 */
#ifndef BLOBROOT_COMPLETE_H
#define BLOBROOT_COMPLETE_H

#include "serve/object.h"

enum {
	COMPLETE_STEP_LEAST = 64 * 1024,
	COMPLETE_STEP_MOST = 4 * 1024 * 1024,
	COMPLETE_STEPS_A_SECOND = 4, /* where the step's size allows it */
	COMPLETE_ROUND_MS = 60000,   /* between two rounds, if something was missing after the first */
};

struct complete {
	struct object_table *table;
	const struct list *objects; /* the engine's */
	uint64_t rate;              /* bytes a second */
	uint64_t room;              /* bytes that the store can take, of all objects together */
	uint64_t misses;            /* kernel requests at the last step */
	struct loop_timer timer;
};

/* rate 0: does nothing. The rest must outlive it, or complete_end be called. */
void complete_begin(struct complete *complete, struct object_table *table, const struct list *objects,
		    uint64_t rate, uint64_t room);
void complete_end(struct complete *complete);

/* How much is fetched in a step, and how long after it the next one may begin. Pure. */
uint64_t complete_step(uint64_t rate, uint64_t *pause_ms_out);

#endif
