/* SPDX-License-Identifier: MIT */
/*
 * The memory that an engine shares with its keeper (counters) and with the engines after it (hash blocks, and what is
 * known of mirrors).
 *
 * Flow: engine_run, before the engine gives up its rights: afterwards nothing can be mapped but its own memory.
 * Process: engine
 */
#ifndef BLOBROOT_SHARED_H
#define BLOBROOT_SHARED_H

#include "base/counters.h"
#include "trust/shelf.h"

struct shared {
	struct counters
		*counters;     /* where the keeper shares none, or they cannot be mapped: the engine's own */
	struct shelf *shelf;   /* the same: NULL */
	struct repute *repute; /* the shelf's */
	struct counters own_counters;
};

/* Shape: descriptors, or -1. */
void shared_map(struct shared *shared_out, int counters_fd, int shelf_fd);

#endif
