/* SPDX-License-Identifier: MIT */
/*
 * Runs of blocks, and how neighbours among them become one.
 *
 * Flow: prefetch plans runs for requests of data, prefetch_hashes for requests of hash blocks. Pure.
 * Process: engine
 */
#ifndef BLOBROOT_PREFETCH_RUN_H
#define BLOBROOT_PREFETCH_RUN_H

#include <stdint.h>

enum { PREFETCH_RUNS_MAX = 256 }; /* of a batch */

/* Blocks of the image. */
struct prefetch_run {
	uint64_t first, end;
};

/* In the order of the image. */
void prefetch_run_sort(struct prefetch_run *runs, unsigned count);

/* Those become one that are no more than gap blocks apart, and most blocks together. Shape: sorted. Returns how many are left. */
unsigned prefetch_run_join(struct prefetch_run *runs, unsigned count, uint64_t gap, uint64_t most);

#endif
