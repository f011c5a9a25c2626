/* SPDX-License-Identifier: MIT */
#include "trust/hash_cache.h"

#include <stddef.h>

uint8_t *hash_cache_place(struct hash_cache *hash_cache, uint64_t hash_block)
{
	return hash_cache && hash_block < HASH_CACHE_BLOCKS ? hash_cache->blocks[hash_block] : NULL;
}

void hash_cache_mark(struct hash_cache *hash_cache, uint64_t hash_block)
{
	if (hash_cache_place(hash_cache, hash_block))
		hash_cache->has[hash_block / 64] |= UINT64_C(1) << hash_block % 64;
}

bool hash_cache_has(const struct hash_cache *hash_cache, uint64_t hash_block)
{
	return hash_cache && hash_block < HASH_CACHE_BLOCKS &&
	       (hash_cache->has[hash_block / 64] >> hash_block % 64 & 1);
}

bool hash_cache_holds(const struct hash_cache *hash_cache, const uint8_t *block)
{
	return hash_cache && block >= hash_cache->blocks[0] &&
	       block < hash_cache->blocks[0] + sizeof(hash_cache->blocks);
}
