/* SPDX-License-Identifier: MIT */
/*
 * What all flights of an engine share: slots on the wire, the queue for them, and buffers.
 *
 * Flow: flight.c takes slots and buffers, and returns them; the pool calls it back when it is a flight's turn.
 * Process: engine
 *
 * A flight that somebody waits for, and that has queued for FLIGHT_QUEUE_MS, gets the slot of one that nobody waits for:
 * read-ahead is not raced, so a server that drips could hold all slots with it for ever.
 */
#ifndef BLOBROOT_FLIGHT_POOL_H
#define BLOBROOT_FLIGHT_POOL_H

#include "base/list.h"
#include "base/loop.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	/* Buffer sizes, and so the largest write to the store: of a long flight, and of any other. */
	FLIGHT_BUFFER = 256 * 1024,
	FLIGHT_SMALL_BUFFER = 64 * 1024,
	FLIGHTS_MAX = 48,       /* slots: flights on the wire at once, of all owners */
	SPARE_BUFFERS_MAX = 4,  /* small buffers kept for reuse */
	FLIGHT_QUEUE_MS = 1000, /* see above */
};

struct counters;

/* A flight is known to the pool by its link in the queue or in the wire. */
struct flight_pool_events {
	/* A slot is free: takes it with flight_pool_take, or pauses. */
	void (*fly)(struct list *link);
	/* Does anybody wait for its bytes? */
	bool (*is_wanted)(const struct list *link);
	/* Ends a flight that has a slot. */
	void (*end)(struct list *link);
};

struct flight_pool {
	struct loop *loop;
	struct counters *counters;
	const struct flight_pool_events *events;
	unsigned on_wire;
	struct list wire;           /* those that have a slot, the oldest first */
	struct list queue;          /* those that wait for one, first in first out */
	struct loop_timer patience; /* while any do */
	bool is_filling;            /* the queue is being served */
	uint8_t *spare_buffers[SPARE_BUFFERS_MAX];
	unsigned spare_count;
};

void flight_pool_init(struct flight_pool *pool, struct loop *loop, struct counters *counters,
		      const struct flight_pool_events *events);
/* Frees the spare buffers. Call it after the last flight has ended. */
void flight_pool_fini(struct flight_pool *pool);

/* Is a slot free? Otherwise queues the flight, and calls fly when it is its turn. */
bool flight_pool_enter(struct flight_pool *pool, struct list *link);
/* The flight has a slot from now on. Shape: flight_pool_enter returned true, or fly was called. */
void flight_pool_take(struct flight_pool *pool, struct list *link);
/* Returns the slot. The next flight may get it before this returns. */
void flight_pool_leave(struct flight_pool *pool, struct list *link);

/* A buffer for a flight of len bytes, and its size; NULL: no memory. Owns: returned with flight_pool_put. */
uint8_t *flight_pool_get(struct flight_pool *pool, uint64_t len, size_t *size_out);
/* Shape: buf may be NULL. */
void flight_pool_put(struct flight_pool *pool, uint8_t *buf, size_t size);

#endif
