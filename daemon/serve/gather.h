/* SPDX-License-Identifier: MIT */
/*
 * Bytes of an extent, gathered into whole blocks as they come.
 *
 * Flow: flight puts in what a transfer brings, and lands it. Pure: the buffer is the flight's.
 * Process: engine
 */
#ifndef BLOBROOT_GATHER_H
#define BLOBROOT_GATHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gather {
	uint64_t off,
		end;  /* what has not landed; off is a multiple of BLOCK_SIZE, end too or the blob's end */
	uint8_t *buf; /* aligned to BLOCK_SIZE */
	size_t size;  /* of buf, a multiple of BLOCK_SIZE */
	size_t len;   /* bytes in buf: they belong at off */
};

/*
 * Where blocks go: bytes is whole blocks at off, of which as many from the first on are kept as can be: *took_out bytes.
 * Returns 0 when that is all, or -errno.
 */
typedef int gather_land_fn(void *arg, const uint8_t *bytes, uint64_t off, uint64_t len, uint64_t *took_out);

/* Where the next byte belongs. */
uint64_t gather_at(const struct gather *gather);
bool gather_is_full(const struct gather *gather);

/* Takes bytes as far as there is room, and not beyond end. Returns how many. */
size_t gather_put(struct gather *gather, const uint8_t *bytes, size_t len);

/* Drops what is at end or behind it. Shape: end > off. */
void gather_cut(struct gather *gather, uint64_t end);

/*
 * Lands the whole blocks, and where the blob ends (at blob_size) its last block padded with zeros: direct I/O takes nothing
 * less. Returns as land, and in *landed_out how many bytes of the blob are gone from the buffer.
 */
int gather_land(struct gather *gather, uint64_t blob_size, gather_land_fn *land, void *arg,
		size_t *landed_out);

#endif
