/* SPDX-License-Identifier: MIT */
/*
 * Verified hash blocks in memory that survives engine restarts, so that the next engine need not fetch them again.
 *
 * Flow: start creates the memory -> keeper -> engine (shared.h) -> tree keeps its blocks there; the next
 * engine's tree reuses them. Process: engine. The keeper holds the memory and never reads it.
 *
 * The contents are untrusted input: the engine that wrote them may have died half-way, or been compromised.
 * An engine uses a block only after verifying it again, from the root hash down. No other process can change
 * it afterwards, because the keeper starts an engine only when it has reaped the previous one.
 */
#ifndef BLOBROOT_HASH_CACHE_H
#define BLOBROOT_HASH_CACHE_H

#include "base/block.h"
#include "base/layout.h"
#include "fetch/mirror_stats.h"

#include <stdbool.h>
#include <stdint.h>

/* Hash blocks of an image of 8 GiB. Those of a larger one that do not fit are fetched again. */
enum { HASH_CACHE_BLOCKS = 16384 };

/*
 * Sparse: only what is written takes memory. Mirror statistics share the first page and are sanitised before
 * use. Older keepers already reserve that space, zeroed, and do not mind it if they take over from us.
 */
struct hash_cache {
	uint64_t has[HASH_CACHE_BLOCKS / 64]; /* a bit per block */
	union {
		struct mirror_stats stats;
		uint8_t rest[BLOCK_SIZE - HASH_CACHE_BLOCKS / 8];
	};
	uint8_t blocks[HASH_CACHE_BLOCKS][BLOCK_SIZE];
};
_Static_assert(sizeof(struct hash_cache) == LAYOUT_HASH_CACHE_SIZE,
	       "its size is that of all versions: the keeper's memory has it");

/* The place of the hash block, or NULL if it has none. Shape: hash_cache may be NULL. */
uint8_t *hash_cache_place(struct hash_cache *hash_cache, uint64_t hash_block);

/* Marks the hash block's place as filled, or asks whether it is. Says nothing about its contents. */
void hash_cache_mark(struct hash_cache *hash_cache, uint64_t hash_block);
bool hash_cache_has(const struct hash_cache *hash_cache, uint64_t hash_block);

/* Is the block in the cache? Then it must not be freed. */
bool hash_cache_holds(const struct hash_cache *hash_cache, const uint8_t *block);

#endif
