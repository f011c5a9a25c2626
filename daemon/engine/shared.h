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
#include "trust/hash_cache.h"

struct shared {
	struct counters
		*counters; /* where the keeper shares none, or they cannot be mapped: the engine's own */
	struct hash_cache *hash_cache; /* the same: NULL */
	struct mirror_stats *stats;    /* the cache's */
	struct counters own_counters;
};

/* Shape: descriptors, or -1. */
void shared_map(struct shared *shared_out, int counters_fd, int hash_cache_fd);

#endif
