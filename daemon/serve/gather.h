/* SPDX-License-Identifier: MIT */
/*
 * Gathers an extent's bytes into whole blocks as they arrive.
 *
 * Flow: flight puts in received bytes, and lands whole blocks. Pure: the flight owns the buffer.
 * Process: engine
 */
#ifndef BLOBROOT_GATHER_H
#define BLOBROOT_GATHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gather {
	uint64_t off, end; /* not landed yet; off is a multiple of BLOCK_SIZE, end too or the blob's end */
	uint8_t *buf;      /* aligned to BLOCK_SIZE */
	size_t size;       /* of buf, a multiple of BLOCK_SIZE */
	size_t len;        /* bytes in buf; the first one belongs at off */
};

/*
 * Keeps whole blocks at off, as many as possible from the first on: *took_out bytes. Returns 0 if all were
 * kept, or -errno.
 */
typedef int gather_land_fn(void *arg, const uint8_t *bytes, uint64_t off, uint64_t len, uint64_t *took_out);

/* The offset of the next byte. */
uint64_t gather_at(const struct gather *gather);
bool gather_is_full(const struct gather *gather);

/* Takes bytes until buf is full or end is reached. Returns how many. */
size_t gather_put(struct gather *gather, const uint8_t *bytes, size_t len);

/* Moves the end, and drops buffered bytes beyond it. Shape: end > off. */
void gather_cut(struct gather *gather, uint64_t end);

/*
 * Passes whole blocks to land. The last block of the blob (it ends at blob_size) is padded with zeros: direct
 * I/O needs whole blocks. Returns as land; *landed_out: how many bytes of the blob have left the buffer.
 */
int gather_land(struct gather *gather, uint64_t blob_size, gather_land_fn *land, void *arg,
		size_t *landed_out);

#endif
