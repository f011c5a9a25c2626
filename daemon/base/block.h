/* SPDX-License-Identifier: MIT */
/*
 * Blocks: the unit of trust, of EROFS, of the store and of direct I/O.
 *
 * Flow: called wherever offsets are rounded. Pure.
 * Process: engine
 */
#ifndef BLOBROOT_BLOCK_H
#define BLOBROOT_BLOCK_H

#include <stdint.h>

enum { BLOCK_SIZE = 4096 };

/* off rounded down to a block boundary. */
static inline uint64_t block_floor(uint64_t off)
{
	return off / BLOCK_SIZE * BLOCK_SIZE;
}

/* off rounded up to a block boundary. Shape: off <= UINT64_MAX - BLOCK_SIZE. */
static inline uint64_t block_ceil(uint64_t off)
{
	return block_floor(off + BLOCK_SIZE - 1);
}

/* How many blocks hold len bytes. */
static inline uint64_t block_count(uint64_t len)
{
	return len / BLOCK_SIZE + (len % BLOCK_SIZE > 0);
}

#endif
