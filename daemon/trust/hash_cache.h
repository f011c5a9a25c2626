/* SPDX-License-Identifier: MIT */
/*
 * Proven hash blocks in memory that outlives the engine, so that the next one need not fetch them again.
 *
 * Flow: start makes the memory -> keeper -> engine (shared.h) -> tree keeps its blocks there; the next engine's tree
 * takes up what it finds. Process: engine. The keeper holds the memory and never looks at it.
 *
 * Whatever lies there is input: the engine that wrote it may have died in the middle, or been taken over. A block is
 * used only after it has been proven again, from the root hash down, by the engine that uses it; and no other process
 * is left that could change it afterwards, because the keeper starts an engine only when the one before is reaped.
 */
#ifndef BLOBROOT_HASH_CACHE_H
#define BLOBROOT_HASH_CACHE_H

#include "base/block.h"
#include "base/layout.h"
#include "fetch/mirror_stats.h"

#include <stdbool.h>
#include <stdint.h>

/* Hash blocks of an image of 8 GiB. Those of a larger one that find no place are fetched again. */
enum { HASH_CACHE_BLOCKS = 16384 };

/*
 * Sparse: it takes memory for what is put there. The first page has room for what is known of mirrors: a keeper of a
 * version that knew nothing of it holds that memory already, zeroed, and one that takes over from us does not mind.
 */
struct hash_cache {
	uint64_t has[HASH_CACHE_BLOCKS / 64]; /* a bit a block */
	union {
		struct mirror_stats stats;
		uint8_t rest[BLOCK_SIZE - HASH_CACHE_BLOCKS / 8];
	};
	uint8_t blocks[HASH_CACHE_BLOCKS][BLOCK_SIZE];
};
_Static_assert(sizeof(struct hash_cache) == LAYOUT_HASH_CACHE_SIZE,
	       "its size is that of all versions: the keeper's memory has it");

/* Where the hash block belongs; NULL if it has no place there. Shape: hash_cache may be NULL. */
uint8_t *hash_cache_place(struct hash_cache *hash_cache, uint64_t hash_block);

/* Something lies in its place, says whoever put it there. */
void hash_cache_mark(struct hash_cache *hash_cache, uint64_t hash_block);
bool hash_cache_has(const struct hash_cache *hash_cache, uint64_t hash_block);

/* Does the block lie in the cache? Then it is not malloc's. */
bool hash_cache_holds(const struct hash_cache *hash_cache, const uint8_t *block);

#endif
