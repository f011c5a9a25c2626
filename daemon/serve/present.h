/* SPDX-License-Identifier: MIT */
/*
 * The blocks of a blob that are here: in its store, or as trigger blocks.
 *
 * Flow: flight -> object -> present_land, which proves and keeps blocks; object asks what is missing.
 * Process: engine
 *
 * Invariant 2 (no byte reaches the store before its hash chain ends in the root hash) is held in one
 * function, keep_proven; nothing else writes to the store.
 */
#ifndef BLOBROOT_PRESENT_H
#define BLOBROOT_PRESENT_H

#include "store/blockset.h"
#include "store/store.h"
#include "serve/trigger.h"

#include <stddef.h>

struct tree;

struct present {
	struct store store;
	struct tree *tree;      /* proves the blocks; NULL: nothing does */
	uint64_t size;          /* of the blob, in bytes */
	struct blockset blocks; /* those in the store */
	struct triggers triggers;
	struct blockset claims; /* what earlier engines kept in memory; it has to be proven */
	struct blockset sound;  /* on the disk, and proven since this engine began */
	bool is_adopted;        /* blocks stored by earlier engines are known */
	uint8_t *head;          /* from present_give_head, until then */
	size_t head_len;
};

/* Takes over the store, unless it fails. Errors: -ENOMEM; -EFBIG as blockset_init. Owns: present_fini. */
int present_init(struct present *present, const struct store *store, uint64_t size, struct tree *tree);
void present_fini(struct present *present);

/*
 * Takes the blob's first bytes, which came with the first contact. They are copied, and kept by
 * present_adopt. Without memory for the copy they are fetched again.
 */
void present_give_head(struct present *present, const uint8_t *head, size_t head_len);

/* Marks what earlier engines stored, and stores the head if it is missing. Once; store.h says when. */
void present_adopt(struct present *present);

/*
 * Proves what earlier engines kept of [off, end) in memory: it is in the store from now on, or forgotten. Blocks whose
 * hashes are not here stay as they are, and missing. Shape: whole blocks.
 */
void present_settle(struct present *present, uint64_t off, uint64_t end);

/*
 * Keeps proven blocks: in the store, or in memory where a trigger is set. Shape: bytes are whole blocks at off.
 * *took_out bytes are kept, up to the first block that is not proven. If present_missing still reports one of
 * them, there was no memory to mark it. Returns 0 if all are kept, -EAGAIN if the next one's hash is missing,
 * -EBADMSG if it is wrong, or the store's error.
 */
int present_land(struct present *present, const uint8_t *bytes, uint64_t off, uint64_t len,
		 uint64_t *took_out);

/*
 * The same for blocks that were read from the disk: they are not written again, and are sound there. present_check only proves
 * them.
 */
int present_reread(struct present *present, const uint8_t *bytes, uint64_t off, uint64_t len,
		   uint64_t *took_out);
int present_check(struct present *present, const uint8_t *bytes, uint64_t off, uint64_t len,
		  uint64_t *took_out);
/* The disk has blocks [first, end) now, as they were proven. */
void present_written(struct present *present, uint64_t first, uint64_t end);
/* .. or what it has of these is wrong. */
void present_unsound(struct present *present, uint64_t first, uint64_t end);
/* Can blocks be kept to stay? Not where there is no room, nor a place for them. */
bool present_can_keep(const struct present *present);
/* Has what is here of [off, end), and is not on the disk, written there. Whole blocks. */
void present_rewrite(struct present *present, uint64_t off, uint64_t end);

/*
 * Moves the trigger blocks of [off, end) to the store; those that have not come yet are no triggers any more.
 * Best effort: what is not kept is fetched again. Returns whether there were any. *last_out: the last one's
 * offset.
 */
bool present_release(struct present *present, uint64_t off, uint64_t end, uint64_t *last_out);

/* Where the bytes of [off, end), which are here, are: see store_pieces. */
unsigned present_pieces(struct present *present, uint64_t off, uint64_t end, struct iovec *pieces_out,
			unsigned most);
/* The kernel has these blocks: see store_drop. Shape: whole blocks. */
void present_taken(struct present *present, uint64_t off, uint64_t end);
/* The store has given this block up. */
void present_lost(struct present *present, uint64_t block);

/* Where the last block ends. */
uint64_t present_limit(const struct present *present);
/* Are all blocks here to stay? An engine that has just adopted them has not proven all of them. */
bool present_is_whole(const struct present *present);
/* The blocks that are here to stay, where not all that are here do: on the disk. */
const struct blockset *present_lasting(const struct present *present);
/* Are all blocks of [off, end) in the store? Shape: whole blocks. */
bool present_has(const struct present *present, uint64_t off, uint64_t end);
/* The first block of [off, end) that is neither in the store nor in a trigger; end if there is none. */
uint64_t present_missing(const struct present *present, uint64_t off, uint64_t end);
/* The end of the hole that starts at off; at most end, and at most the blob's end. */
uint64_t present_hole_end(const struct present *present, uint64_t off, uint64_t end);

#endif
