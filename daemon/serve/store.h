/* SPDX-License-Identifier: MIT */
/*
 * The store of a blob: a sparse file with its proven blocks. A hole is a missing block.
 *
 * Flow: present writes; a later engine finds by the holes what is already there.
 * Process: engine
 *
 * The file comes from the transport. The kernel reads it, and does not ask again for a block that is there.
 * It must not be used before the object's first request.
 */
#ifndef BLOBROOT_STORE_H
#define BLOBROOT_STORE_H

#include <stdint.h>

struct store {
	int fd; /* -1: none */
};

/*
 * Writes whole blocks. Shape: buf, off and len are multiples of BLOCK_SIZE; the last block of a blob is
 * padded with zeros. Errors: -ENOSPC when the store is full (retry once there is room), -EIO when it fails.
 */
int store_write(struct store *store, const void *buf, uint64_t off, uint64_t len);

/* Finds the next range of stored bytes at or after off. Returns 0, or -ENXIO when there is none. */
int store_next_data(struct store *store, uint64_t off, uint64_t *start_out, uint64_t *end_out);

/* Closes the file. */
void store_close(struct store *store);

#endif
