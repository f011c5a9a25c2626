/* SPDX-License-Identifier: MIT */
/*
 * The blocks of a blob that are in its store: a set of block numbers.
 *
 * Flow: present marks blocks when they are written, and looks for holes. Pure.
 * Process: engine
 */
#ifndef BLOBROOT_BLOCKSET_H
#define BLOBROOT_BLOCKSET_H

#include <stdbool.h>
#include <stdint.h>

/* Pages are allocated when first marked: a huge blob of which little is read needs little memory. */
struct blockset {
	uint64_t **pages;
	uint64_t page_count;
	uint64_t block_count;
	uint64_t marked_count;
};

/* Errors: -ENOMEM; -EFBIG over 2^32 blocks (16 TiB). Owns: freed with blockset_fini. */
int blockset_init(struct blockset *set, uint64_t block_count);
/* The set has so many blocks from now on; those beyond it are gone. Errors: as blockset_init: it is as it was then. */
int blockset_resize(struct blockset *set, uint64_t block_count);
void blockset_fini(struct blockset *set);

/* Marks [first, end). Shape: end is clipped to the set. Errors: -ENOMEM; some blocks may be marked then. */
int blockset_mark(struct blockset *set, uint64_t first, uint64_t end);

/* Takes the block out of the set. */
void blockset_clear(struct blockset *set, uint64_t block);

bool blockset_has(const struct blockset *set, uint64_t block);

/* Are all of its blocks in the set? */
bool blockset_is_full(const struct blockset *set);

/* Are all blocks of [off, end) in the set? Shape: bytes, multiples of BLOCK_SIZE. */
bool blockset_has_all(const struct blockset *set, uint64_t off, uint64_t end);

/* The first block of [from, end) that is (or is not) in the set; end if there is none. */
uint64_t blockset_next(const struct blockset *set, uint64_t from, uint64_t end, bool is_marked);

#endif
