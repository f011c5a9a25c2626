/* SPDX-License-Identifier: MIT */
/*
 * Blocks that are kept in memory of our own, and outlive the engine: the store of rd.blob.cache=ram where the transport has
 * no files. What fits is fetched once: nothing is ever given up for something else.
 *
 * Flow: the keeper makes the memory (a memfd) -> engine (shared.h) -> store.c puts and finds blocks; all objects share it.
 * Process: engine. The keeper holds the memory and never reads it.
 *
 * What an earlier engine left is untrusted input, a claim: that engine may have died half-way, or been compromised.
 * present.c proves a block again before it is used. No other process can change it afterwards, because the keeper starts an
 * engine only when it has reaped the previous one.
 */
#ifndef BLOBROOT_KEPT_H
#define BLOBROOT_KEPT_H

#include <stdint.h>

struct kept;

/* Whose blocks they are; embedded in a store. */
struct kept_owner {
	struct kept *kept; /* NULL: nothing is kept */
	uint64_t id;       /* the same in each engine */
	uint32_t **pages;  /* block -> its slot + 1 */
	uint64_t page_count, block_count;
	uint64_t count; /* of blocks that are here */
};

/*
 * Shape: region is the shared mapping of size bytes that all engines get, at first all zeros; it stays the caller's. What
 * another version of the program left there in another form is dropped. Errors: -ENOMEM; -EINVAL: too small for one block.
 * Owns: kept_close.
 */
int kept_open(struct kept **kept_out, void *region, uint64_t size);
/* Call it after the last owner is gone. The blocks stay. */
void kept_close(struct kept *kept);

/* Bytes of blocks that it can hold. Shape: kept may be NULL. */
uint64_t kept_size(const struct kept *kept);

/* Shape: kept may be NULL. Errors: -ENOMEM. Owns: kept_owner_fini. */
int kept_owner_init(struct kept_owner *owner, struct kept *kept, uint64_t id, uint64_t block_count);
/* Its blocks stay, for the next engine. */
void kept_owner_fini(struct kept_owner *owner);

/* Finds what earlier engines left of this owner: calls claim for each block. Once, before anything is put. */
void kept_adopt(struct kept_owner *owner, void (*claim)(void *arg, uint64_t block), void *arg);

/* Keeps a copy of one block, in the place of what is there of it. Errors: -ENOSPC: there is no room, or no memory. */
int kept_put(struct kept_owner *owner, uint64_t block, const uint8_t *bytes);

/* The block's bytes; NULL: it is not here. Valid until kept_drop. */
const uint8_t *kept_find(const struct kept_owner *owner, uint64_t block);

void kept_drop(struct kept_owner *owner, uint64_t block);

#endif
