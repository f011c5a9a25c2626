/* SPDX-License-Identifier: MIT */
/*
 * Fetches the hash blocks over a profile's extents, so that no proof of what is prefetched waits for one.
 *
 * Flow: prefetch_begin -> prefetch_hashes_begin -> tree_wait_begin, a few at a time.
 * Process: engine
 *
 * Extents that lie near each other share a wait, and so a request: hash blocks between them cost less than another round trip.
 */
#ifndef BLOBROOT_PREFETCH_HASHES_H
#define BLOBROOT_PREFETCH_HASHES_H

#include "serve/profile.h"
#include "trust/tree.h"

enum {
	PREFETCH_HASHES_AT_ONCE = 4,
	/* Data blocks. A hash block is over 128 of them: so 16 hash blocks are fetched that nobody may need .. */
	PREFETCH_HASHES_GAP = 16 * 128,
	/* .. and 256 with one wait, which are 1 MiB. */
	PREFETCH_HASHES_MOST = 256 * 128,
};

/* Data blocks. */
struct prefetch_hashes_range {
	uint32_t begin, end;
};

struct prefetch_hashes;

struct prefetch_hashes_wait {
	struct prefetch_hashes *owner;
	struct tree_wait wait;
};

/* Zeroed: it does nothing. */
struct prefetch_hashes {
	struct tree *tree;
	struct prefetch_hashes_range *ranges; /* in the order of the image */
	uint32_t count, next;
	struct prefetch_hashes_wait waits[PREFETCH_HASHES_AT_ONCE];
};

/* Best effort: without memory the flights fetch them. Shape: tree may be NULL. Owns: prefetch_hashes_end; tree must outlive it. */
void prefetch_hashes_begin(struct prefetch_hashes *hashes, struct tree *tree, const struct profile *profile);
void prefetch_hashes_end(struct prefetch_hashes *hashes);

#endif
