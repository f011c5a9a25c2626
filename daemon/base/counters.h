/* SPDX-License-Identifier: MIT */
/*
 * What the daemon has done so far: `blobrootd status` and the console's last line before the switch.
 *
 * Flow: fetch and object count; the keeper reads.
 * Process: both. They lie in a memfd that outlives engines: each engine adds to what it finds, and any value
 * is valid to the keeper.
 */
#ifndef BLOBROOT_COUNTERS_H
#define BLOBROOT_COUNTERS_H

#include <stdint.h>

struct counters {
	uint64_t fetched_bytes; /* of HTTP bodies */
	uint64_t requests;      /* HTTP requests begun */
	uint64_t misses;        /* kernel read requests */
	uint64_t failed;        /* of them, without their bytes */
	uint64_t answered;      /* of them, with their bytes */
	uint64_t hash_bytes;    /* of fetched_bytes, those of hash trees */
	uint64_t wrong_blocks;  /* of images and hash trees: they were not what the root hash vouches for */
};

#endif
