/* SPDX-License-Identifier: MIT */
/*
 * The memory that an engine shares with its keeper (counters, the record of what is read first) and with later engines (hash
 * blocks, mirror statistics, kept blocks).
 *
 * Flow: engine_run, before the engine drops its privileges: afterwards it can map anonymous memory only.
 * Process: engine
 */
#ifndef BLOBROOT_SHARED_H
#define BLOBROOT_SHARED_H

#include "base/counters.h"
#include "base/engine_options.h"
#include "base/record.h"
#include "trust/hash_cache.h"

struct shared {
	struct counters *counters; /* the keeper's; own_counters if they are not shared or cannot be mapped */
	struct hash_cache *hash_cache; /* the keeper's; NULL if it is not shared or cannot be mapped */
	struct mirror_stats *stats;    /* in hash_cache; NULL without one */
	struct record *record;         /* the keeper's; NULL: the same */
	void *kept; /* kept.h's region; NULL if blocks are not kept in memory, or it cannot be mapped */
	uint64_t kept_size;
	struct counters own_counters;
};

/* Maps what the keeper has handed over. */
void shared_map(struct shared *shared_out, const struct engine_options *options);

#endif
