/* SPDX-License-Identifier: MIT */
/*
 * Proven blocks in memory, until the kernel has asked for them: the store of a transport whose answers carry the bytes.
 *
 * Flow: store.c keeps blocks here and finds them; all objects share one. Pure.
 * Process: engine
 *
 * It has a size, and never asks for more: a block that comes when it is full takes the place of the one that was used
 * least recently, if that one's owner gives it up. Memory is taken as it is needed, and given back.
 */
#ifndef BLOBROOT_MEMORY_H
#define BLOBROOT_MEMORY_H

#include "base/list.h"

#include <stdbool.h>
#include <stdint.h>

struct memory;

/* Whose blocks they are; embedded in a store. */
struct memory_owner {
	struct memory *memory;
	/* The block's memory is needed. Returns false if it must stay; else it is gone afterwards. */
	bool (*give_up)(void *arg, uint64_t block);
	void *arg;
};

/* Shape: size in bytes, rounded down to MEMORY_STEP, and at least that. Errors: -ENOMEM. Owns: memory_close. */
enum { MEMORY_STEP = 64 * 4096 };
int memory_open(struct memory **memory_out, uint64_t size);
/* Call it after the last owner has dropped its blocks. */
void memory_close(struct memory *memory);

uint64_t memory_size(const struct memory *memory);
/* Bytes of blocks that are kept now. */
uint64_t memory_used(const struct memory *memory);

/*
 * Gives back what was allocated all the time since the last call, and was not used. Returns false if there is nothing more
 * to give back. Fresh memory costs as much as what is written to it, so a stream must find what it used a moment ago.
 */
bool memory_trim(struct memory *memory);

/* Keeps a copy of one block. One that is there already stays. Errors: -ENOSPC: all other blocks must stay; -ENOMEM. */
int memory_keep(struct memory_owner *owner, uint64_t block, const uint8_t *bytes);

/* The block's bytes, which become the most recently used; NULL: it is not here. Valid until the next memory_keep. */
const uint8_t *memory_find(struct memory_owner *owner, uint64_t block);

/* Drops one block, if it is here, or all of the owner's. give_up is not called. */
void memory_drop(struct memory_owner *owner, uint64_t block);
void memory_drop_all(struct memory_owner *owner);

#endif
