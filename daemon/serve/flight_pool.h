/* SPDX-License-Identifier: MIT */
/*
 * What all flights of an engine share: slots on the wire, the queue for them, and buffers.
 *
 * Flow: flight.c takes slots and buffers, and returns them.
 * Process: engine
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
	FLIGHTS_MAX = 48,      /* slots: flights on the wire at once, of all owners */
	SPARE_BUFFERS_MAX = 4, /* small buffers kept for reuse */
	FLIGHT_QUEUE_MS =
		1000, /* one that waits longer for a slot gets that of a flight that nobody waits for */
};

struct counters;
struct loop;

struct flight_pool {
	struct loop *loop;
	struct counters *counters;
	unsigned on_wire;
	struct list wire;           /* those that have a slot, the oldest first */
	struct list queue;          /* flights that wait for a slot, first in first out */
	struct loop_timer patience; /* while any do */
	bool is_filling;            /* the queue is being served */
	uint8_t *spare_buffers[SPARE_BUFFERS_MAX];
	unsigned spare_count;
};

void flight_pool_init(struct flight_pool *pool, struct loop *loop, struct counters *counters);
/* Frees the spare buffers. Call it after the last flight has ended. */
void flight_pool_fini(struct flight_pool *pool);

/* A buffer for a flight of len bytes, and its size; NULL: no memory. Owns: returned with flight_pool_put. */
uint8_t *flight_pool_get(struct flight_pool *pool, uint64_t len, size_t *size_out);
/* Shape: buf may be NULL. */
void flight_pool_put(struct flight_pool *pool, uint8_t *buf, size_t size);

/* Removes the first flight from the queue and returns its link; NULL: no slot is free, or none waits. */
struct list *flight_pool_next(struct flight_pool *pool);

#endif
