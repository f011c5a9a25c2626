/* SPDX-License-Identifier: MIT */
/*
 * Statistics, for `blobrootd status` and the console's last line before the switch to the real root.
 *
 * Flow: fetch, serve/ and trust/ count; the keeper reads.
 * Process: both. They are in a memfd that survives engine restarts: each engine adds to the values it finds,
 * and the keeper accepts any value.
 */
#ifndef BLOBROOT_COUNTERS_H
#define BLOBROOT_COUNTERS_H

#include <stdint.h>

struct counters {
	uint64_t fetched_bytes; /* of HTTP bodies */
	uint64_t requests;      /* HTTP requests started */
	uint64_t misses;        /* kernel read requests */
	uint64_t failed;        /* misses answered with an error that a reader saw */
	uint64_t answered;      /* misses answered with their bytes, or whose reader was being killed */
	uint64_t hash_bytes;    /* the part of fetched_bytes that is hash trees */
	uint64_t wrong_blocks;  /* of images and hash trees: they failed verification */
};

#endif
