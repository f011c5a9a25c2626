/* SPDX-License-Identifier: MIT */
/*
 * Statistics of the mirrors in memory that survives engine restarts: how fast they are, and which fail, have sent
 * Retry-After, refuse, or send wrong blocks. The next engine need not measure all this again at the readers' cost.
 *
 * Flow: hash_cache.h has the memory -> shared.h -> proof_init: mirror_stats_adopt, blob_use_stats. From then
 * on blob, mirror and pace work on it in place; there is no second copy. Pure.
 * Process: engine. The keeper holds the memory and never reads it.
 *
 * The contents are untrusted input: the engine that wrote them may have died in the middle of a store, been
 * compromised, or been of another version. mirror_stats_adopt leaves only values that an engine could have written
 * itself, and no other process can change them afterwards (hash_cache.h). If an attacker wrote every byte:
 *
 * - No byte of the image is trusted more: the hashes verify all of them, or without a root hash the versions,
 *   which are not kept here.
 * - The worst mirror is asked first, and transfers that stall there are raced as usual. An inherited pace
 *   counts until the first measurement of our own, which replaces it and is not averaged with it: one
 *   transfer or one probe is enough. Idle mirrors are probed within MIRROR_PROBE_MOST_MS and a few requests.
 * - Failures without a later success count for PACE_FORGIVEN_MS from their time; those in the future are dropped.
 * - A good mirror that is marked as sending wrong blocks is skipped for MIRROR_LIES_LEFT_MAX * MIRROR_LIE_MS,
 *   a quarter of an hour, unless it is eight times as fast as the others. Readers use the others meanwhile.
 * - All mirrors have a Retry-After that no server sent: the readers wait two minutes, once.
 *
 * Whoever writes here controlled an engine, and could do worse with it; new is only that it lasts beyond its end.
 */
#ifndef BLOBROOT_MIRROR_STATS_H
#define BLOBROOT_MIRROR_STATS_H

#include "fetch/mirror.h"
#include "fetch/reply.h"

#include <stdint.h>

enum {
	MIRROR_STATS_FORMAT = 2, /* change it with every change of the structs in here */
	/* The longest Retry-After, with what blob.c adds to it. */
	MIRROR_STATS_QUIET_MOST_MS = (REPLY_RETRY_MOST_S + 1) * 1000,
};

struct mirror_stats_blob {
	uint32_t current; /* the preferred mirror (blob.h); may be any number */
	uint32_t unused;
	struct mirror_record mirrors[MIRROR_COUNT_MAX];
};

struct mirror_stats {
	uint64_t format; /* anything but MIRROR_STATS_FORMAT: the rest is ignored */
	struct mirror_stats_blob image, tree;
};

/* Sanitises what an earlier engine left, before any other use. */
void mirror_stats_adopt(struct mirror_stats *stats, uint64_t now_ms);

#endif
