/* SPDX-License-Identifier: MIT */
#include "trust/shelf.h"

#include <stddef.h>

uint8_t *shelf_place(struct shelf *shelf, uint64_t hash_block)
{
	return shelf && hash_block < SHELF_BLOCKS ? shelf->blocks[hash_block] : NULL;
}

void shelf_mark(struct shelf *shelf, uint64_t hash_block)
{
	if (shelf_place(shelf, hash_block))
		shelf->has[hash_block / 64] |= UINT64_C(1) << hash_block % 64;
}

bool shelf_has(const struct shelf *shelf, uint64_t hash_block)
{
	return shelf && hash_block < SHELF_BLOCKS && (shelf->has[hash_block / 64] >> hash_block % 64 & 1);
}

bool shelf_holds(const struct shelf *shelf, const uint8_t *block)
{
	return shelf && block >= shelf->blocks[0] && block < shelf->blocks[0] + sizeof(shelf->blocks);
}
