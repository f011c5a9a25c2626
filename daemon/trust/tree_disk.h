/* SPDX-License-Identifier: MIT */
/*
 * Hash blocks that a store on a disk has (store/disk.h): reads them, proves them like what a server sends, and has those
 * written that came from elsewhere.
 *
 * Flow: tree -> tree_disk_get -> disk (a thread reads) -> came -> tree_disk_settle: kept in hashes, or no longer claimed.
 * Process: engine
 *
 * The file is as veritysetup writes it: the superblock in block 0, hash block n in block n + 1.
 */
#ifndef BLOBROOT_TREE_DISK_H
#define BLOBROOT_TREE_DISK_H

#include "base/block.h"
#include "base/list.h"
#include "store/disk.h"
#include "trust/hashes.h"

struct loop;

enum { TREE_DISK_PATIENCE_MS = 5000 }; /* then they are fetched instead */

/* Embedded in a tree. */
struct tree_disk {
	struct loop *loop;
	struct hashes *hashes;
	struct disk_file *file; /* NULL: there is none */
	struct list reads;
	/* A read has ended, or is not waited for: settle, and look what is still missing. */
	void (*came)(void *arg);
	void *arg;
};

/* Shape: without a file, until tree_disk_use. */
void tree_disk_init(struct tree_disk *disk, struct loop *loop, struct hashes *hashes, void (*came)(void *arg),
		    void *arg);
void tree_disk_fini(struct tree_disk *disk);

/*
 * Uses file from now on, as tree_disk_complete. Shape: file outlives it; NULL: there is none. super is its block 0, which is written
 * again if it is another one.
 */
void tree_disk_use(struct tree_disk *disk, struct disk_file *file, const uint8_t super[BLOCK_SIZE]);
/* Has written what is here and not there, with the superblock. */
void tree_disk_complete(struct tree_disk *disk);

/*
 * Reads hash blocks from first on, at most up to end, as far as they are claimed to be there and nobody reads them. Returns
 * where that ends; first: it is not there, or no memory.
 */
uint64_t tree_disk_get(struct tree_disk *disk, uint64_t first, uint64_t end);
/* The first hash block of [first, end) that is claimed to be there; end if there is none. */
uint64_t tree_disk_next(const struct tree_disk *disk, uint64_t first, uint64_t end);
/* Is this hash block being read, or does it wait for its parent? */
bool tree_disk_is_coming(const struct tree_disk *disk, uint64_t hash_block);

/* Keeps what has been read, as far as its parents are here. Returns whether there was any. */
bool tree_disk_settle(struct tree_disk *disk);

/* A hash block that came from elsewhere and is proven: has it written. */
void tree_disk_keep(struct tree_disk *disk, uint64_t hash_block, const uint8_t *bytes);

#endif
