/* SPDX-License-Identifier: MIT */
/*
 * What is known of the mirrors, in memory that outlives the engine: how fast they are, who fails, wants to be left in
 * peace, refuses, lies. The next engine need not find it out anew at the readers' cost.
 *
 * Flow: hash_cache.h has the memory -> shared.h -> proof_init: mirror_stats_adopt, blob_use_stats. From there on blob, mirror and
 * pace work on it in place; nothing is stored a second time. Pure.
 * Process: engine. The keeper holds the memory and never looks at it.
 *
 * Whatever lies there is input: the engine that wrote it may have died in the middle of a store, or been taken over, or
 * been of another version. mirror_stats_adopt leaves only values that an engine might have come to itself, and nobody else is
 * left to change them afterwards (hash_cache.h). If every byte is an enemy's:
 *
 * - No byte of the image is trusted more: the hashes judge all of them, and without a root hash the versions, which
 *   are not kept here.
 * - The worst mirror is asked first, and transfers that stall there are raced as ever. What was left of a pace counts
 *   until there is a measurement of our own, which takes its place and is not averaged with it: one transfer, or one
 *   probe, and the truth is known. Mirrors that are not asked are probed within MIRROR_PROBE_MOST_MS and a few requests.
 * - Failures of which nobody has seen the end count for PACE_FORGIVEN_MS from when they were, and a time that is still to
 *   come is none.
 * - A good mirror that is called a liar is left out for MIRROR_LIES_LEFT_MAX * MIRROR_LIE_MS, a quarter of an hour, where
 *   it is not eight times as fast as the others. The readers have the others meanwhile.
 * - All want to be left in peace, which is a Retry-After that nobody sent: the readers wait two minutes, once.
 *
 * Whoever writes here had the engine, and could do worse with it; what is new is that it lasts so long after its end.
 */
#ifndef BLOBROOT_MIRROR_STATS_H
#define BLOBROOT_MIRROR_STATS_H

#include "fetch/mirror.h"
#include "fetch/reply.h"

#include <stdint.h>

enum {
	MIRROR_STATS_FORMAT = 1, /* another number for each change of the structs in here */
	/* Retry-After, with what blob.c adds to it. */
	MIRROR_STATS_QUIET_MOST_MS = (REPLY_RETRY_MOST_S + 1) * 1000,
};

struct mirror_stats_blob {
	uint32_t current; /* the mirror that is asked unless another one is better by half; any number */
	uint32_t unused;
	struct mirror_record mirrors[MIRROR_COUNT_MAX];
};

struct mirror_stats {
	uint64_t format; /* MIRROR_STATS_FORMAT, or nothing is known yet */
	struct mirror_stats_blob image, tree;
};

/* What an engine has left becomes what the next one may go by. */
void mirror_stats_adopt(struct mirror_stats *stats, uint64_t now_ms);

#endif
