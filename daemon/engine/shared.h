/* SPDX-License-Identifier: MIT */
/*
 * The memory that an engine shares with its keeper (counters) and with later engines (hash blocks, mirror
 * statistics, kept blocks).
 *
 * Flow: engine_run, before the engine drops its privileges: afterwards it can map anonymous memory only.
 * Process: engine
 */
#ifndef BLOBROOT_SHARED_H
#define BLOBROOT_SHARED_H

#include "base/counters.h"
#include "trust/hash_cache.h"

struct shared {
	struct counters *counters; /* the keeper's; own_counters if they are not shared or cannot be mapped */
	struct hash_cache *hash_cache; /* the keeper's; NULL if it is not shared or cannot be mapped */
	struct mirror_stats *stats;    /* in hash_cache; NULL without one */
	void *kept; /* kept.h's region; NULL if blocks are not kept in memory, or it cannot be mapped */
	uint64_t kept_size;
	struct counters own_counters;
};

/* Shape: descriptors, or -1. */
void shared_map(struct shared *shared_out, int counters_fd, int hash_cache_fd, int kept_fd);

#endif
