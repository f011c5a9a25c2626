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
#ifndef BLOBROOT_SHELF_H
#define BLOBROOT_SHELF_H

#include "base/block.h"
#include "base/layout.h"
#include "fetch/repute.h"

#include <stdbool.h>
#include <stdint.h>

/* Hash blocks of an image of 8 GiB. Those of a larger one that find no place are fetched again. */
enum { SHELF_BLOCKS = 16384 };

/*
 * Sparse: it takes memory for what is put there. The first page has room for what is known of mirrors: a keeper of a
 * version that knew nothing of it holds that memory already, zeroed, and one that takes over from us does not mind.
 */
struct shelf {
	uint64_t has[SHELF_BLOCKS / 64]; /* a bit a block */
	union {
		struct repute repute;
		uint8_t rest[BLOCK_SIZE - SHELF_BLOCKS / 8];
	};
	uint8_t blocks[SHELF_BLOCKS][BLOCK_SIZE];
};
_Static_assert(sizeof(struct shelf) == LAYOUT_SHELF_SIZE,
	       "its size is that of all versions: the keeper's memory has it");

/* Where the hash block belongs; NULL if it has no place there. Shape: shelf may be NULL. */
uint8_t *shelf_place(struct shelf *shelf, uint64_t hash_block);

/* Something lies in its place, says whoever put it there. */
void shelf_mark(struct shelf *shelf, uint64_t hash_block);
bool shelf_has(const struct shelf *shelf, uint64_t hash_block);

/* Does the block lie on the shelf? Then it is not malloc's. */
bool shelf_holds(const struct shelf *shelf, const uint8_t *block);

#endif
