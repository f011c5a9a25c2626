/* SPDX-License-Identifier: MIT */
/*
 * The store of a blob: where its proven blocks are, until the kernel has them.
 *
 * Flow: present writes and, where answers carry the bytes, reads.
 * Process: engine
 *
 * There are two kinds. A transport that has files hands in a sparse file for each object: the kernel reads it, and does
 * not ask again for a block that is there; a hole is a missing block, by which a later engine finds what is already here.
 * The file must not be used before the object's first request. Otherwise blocks are in memory that all objects share: in
 * what is kept for good (kept.h) as long as there is room, else in what is given up when the kernel has it (memory.h).
 * Beside the latter there may be a disk (disk.h).
 */
#ifndef BLOBROOT_STORE_H
#define BLOBROOT_STORE_H

#include "store/disk.h"
#include "store/kept.h"
#include "store/memory.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

struct store {
	int fd;                     /* the kernel's file; -1: none */
	struct memory_owner memory; /* memory.memory is NULL where there is a file */
	struct kept_owner kept;     /* kept.kept is NULL where nothing is kept, or there is a file */
	struct disk_file *disk;     /* what is proven is written here, too; NULL: there is none */
	struct disk_file *of_disk;  /* fd is this file on a disk, for later boots; NULL: it is for this one */
};

/* Is every block still there after the kernel has it? */
bool store_lasts(const struct store *store);
/* How many of the blocks that are marked here last. Shape: marked_count blocks are in the store. */
uint64_t store_lasting(const struct store *store, uint64_t marked_count);

/*
 * Writes whole blocks. Shape: buf, off and len are multiples of BLOCK_SIZE; the last block of a blob is
 * padded with zeros. Errors: -ENOSPC when the store is full (retry once there is room), -EIO when it fails.
 */
int store_write(struct store *store, const void *buf, uint64_t off, uint64_t len);

/* Finds the next range of stored bytes at or after off. Returns 0, or -ENXIO when there is none. */
int store_next_data(struct store *store, uint64_t off, uint64_t *start_out, uint64_t *end_out);

/*
 * Where the bytes of [off, end) are in memory, in pieces. Valid until the next write. Returns how many, at most `most`; 0:
 * they are in the file, or not all here.
 */
unsigned store_pieces(struct store *store, uint64_t off, uint64_t end, struct iovec *pieces_out,
		      unsigned most);

/* The kernel has this block: drops it, unless it lasts. Returns whether it is gone. */
bool store_drop(struct store *store, uint64_t block);

/* Closes the file, or drops all blocks but those that are kept. */
void store_close(struct store *store);

#endif
