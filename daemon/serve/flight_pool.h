/* SPDX-License-Identifier: MIT */
/*
 * What all flights of an engine share: places on the wire, the queue for them, and buffers.
 *
 * Flow: flight.c takes and gives back.
 * Process: engine
 */
#ifndef BLOBROOT_FLIGHT_POOL_H
#define BLOBROOT_FLIGHT_POOL_H

#include "base/list.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	/* Bytes gathered for one write to the store, at most: of a long flight, and of any other. */
	FLIGHT_BUFFER = 256 * 1024,
	FLIGHT_SMALL_BUFFER = 64 * 1024,
	FLIGHTS_MAX = 48,      /* on the wire at once, of all owners together */
	SPARE_BUFFERS_MAX = 4, /* small ones, kept for the next flights */
};

struct counters;
struct loop;

struct flight_pool {
	struct loop *loop;
	struct counters *counters;
	unsigned on_wire;
	struct list queue; /* of flights that wait for a place, the first come first */
	bool is_filling;   /* the queue is being served */
	uint8_t *spare_buffers[SPARE_BUFFERS_MAX];
	unsigned spare_count;
};

void flight_pool_init(struct flight_pool *pool, struct loop *loop, struct counters *counters);
/* Frees what is kept in reserve. After the last flight. */
void flight_pool_fini(struct flight_pool *pool);

/* A buffer for so many bytes to come, and its size; NULL: out of memory. Owns: given back with flight_pool_put. */
uint8_t *flight_pool_get(struct flight_pool *pool, uint64_t len, size_t *size_out);
/* Shape: buf may be NULL. */
void flight_pool_put(struct flight_pool *pool, uint8_t *buf, size_t size);

/* Takes the link of the flight that waits longest out of the queue, if there is a place for it; NULL: there is none. */
struct list *flight_pool_next(struct flight_pool *pool);

#endif
