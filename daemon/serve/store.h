/* SPDX-License-Identifier: MIT */
/*
 * Where proven blocks of a blob are kept: a sparse file, in which a hole is a block that is not here.
 *
 * Flow: object writes; what an engine before has written is found by its holes.
 * Process: engine
 *
 * The file is the transport's (the kernel reads it, and no block is asked for again that is there). It is not to be used
 * before the object's first request.
 */
#ifndef BLOBROOT_STORE_H
#define BLOBROOT_STORE_H

#include <stdint.h>

struct store {
	int fd; /* -1: none */
};

/*
 * Writes whole blocks. Shape: buf, off and len are multiples of BLOCK_SIZE; the last block of a blob is padded with
 * zeros. Errors: -ENOSPC when the store is full (trying again makes sense once it is not), -EIO when it fails.
 */
int store_write(struct store *store, const void *buf, uint64_t off, uint64_t len);

/* The next stretch of bytes at or after off that is here. Returns 0, or -ENXIO when there is no more. */
int store_next_data(struct store *store, uint64_t off, uint64_t *start_out, uint64_t *end_out);

/* Closes the file. */
void store_close(struct store *store);

#endif
