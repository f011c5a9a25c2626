/* SPDX-License-Identifier: MIT */
/*
 * Blocks: the unit of trust, of EROFS, of the store and of direct I/O.
 *
 * Flow: whoever rounds offsets. Pure.
 * Process: engine
 */
#ifndef BLOBROOT_BLOCK_H
#define BLOBROOT_BLOCK_H

#include <stdint.h>

enum { BLOCK_SIZE = 4096 };

/* The offset of the block that holds the byte at off. */
static inline uint64_t block_floor(uint64_t off)
{
	return off / BLOCK_SIZE * BLOCK_SIZE;
}

/* The offset where the next block begins, off itself if one begins there. Shape: off <= UINT64_MAX - BLOCK_SIZE. */
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
