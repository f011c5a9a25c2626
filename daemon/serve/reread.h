/* SPDX-License-Identifier: MIT */
/*
 * Blocks that a store on a disk has (store/disk.h): reads them, and proves them as what a server sends.
 *
 * Flow: fill -> reread_get -> disk (a thread reads) -> the owner's land, which proves and keeps; what is wrong or cannot be
 * read is no longer claimed, and the owner fetches it.
 * Process: engine
 *
 * A disk that does not answer for REREAD_PATIENCE_MS is not waited for any longer: what was asked of it comes from the
 * network, and so does everything else until it answers. What it says then still counts.
 */
#ifndef BLOBROOT_REREAD_H
#define BLOBROOT_REREAD_H

#include "base/list.h"
#include "serve/gather.h"
#include "store/disk.h"
#include "trust/tree.h"

enum {
	REREAD_MOST = 256 * 1024, /* bytes of one read */
	REREAD_PATIENCE_MS = 5000,
};

/* Callbacks to the owner, from the loop. */
struct reread_events {
	/* As in struct flight_events. is_check in the read: proves only, unless somebody waits for them. */
	gather_land_fn *land, *check;
	uint64_t (*wanted_until)(void *arg, uint64_t off, uint64_t end);
	/* The disk cannot read [off, end), or is late with it: fetches what is waited for. */
	void (*missed)(void *arg, uint64_t off, uint64_t end);
	/* What it has there is wrong: the same. */
	void (*wrong)(void *arg, uint64_t off, uint64_t end);
	/* They cannot be kept. */
	void (*lost)(void *arg, uint64_t off, uint64_t end, int err);
	/* Hashes for [off, end) cannot be fetched; this is retried. why NULL: they came after all. */
	void (*trouble)(void *arg, uint64_t off, uint64_t end, const char *why);
};

/* Owns reads; embedded in an object. They do not overlap, but for those that are not waited for any longer. */
struct reread_owner {
	struct loop *loop;
	struct disk_file *file; /* NULL: there is no disk; the owner may set it later */
	struct tree *tree;
	struct list reads;
	const struct reread_events *events;
	void *arg;
};

/* Without a disk, until the owner sets file. Shape: then there is a tree. */
void reread_owner_init(struct reread_owner *owner, struct loop *loop, struct tree *tree,
		       const struct reread_events *events, void *arg);
/* Nobody waits for its reads any more. */
void reread_owner_fini(struct reread_owner *owner);

/* The reads under way: how many, and of how many bytes. Is the block at off one of theirs? */
void reread_count(const struct reread_owner *owner, unsigned *count_out, uint64_t *bytes_out);
bool reread_is_reading(const struct reread_owner *owner, uint64_t off);
/* Does the disk claim to have the block at off, and can it be read? */
bool reread_has(const struct reread_owner *owner, uint64_t off);
/* The first block of [off, end) that reread_has; end if there is none. Whole blocks. */
uint64_t reread_next(const struct reread_owner *owner, uint64_t off, uint64_t end);

/*
 * Reads as many blocks from off on as the disk has, and nobody reads yet; at most up to end. is_check: nobody waits for them.
 * Returns where that ends, or the read under way that has the block at off; off: the disk does not have it, or no memory.
 */
uint64_t reread_get(struct reread_owner *owner, uint64_t off, uint64_t end, bool is_check);

#endif
