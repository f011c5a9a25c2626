/* SPDX-License-Identifier: MIT */
/*
 * Fetches the hash blocks over what is to be prefetched, so that no proof of it waits for one.
 *
 * Flow: prefetch plans a batch -> prefetch_hashes_want -> tree_wait_begin, one wait after the other.
 * Process: engine
 *
 * Extents that lie near each other share a wait, and so a request: hash blocks between them cost less than another round trip. A
 * reader's own hash blocks may be among those that are on their way, so a wait is short, and there is one at a time.
 */
#ifndef BLOBROOT_PREFETCH_HASHES_H
#define BLOBROOT_PREFETCH_HASHES_H

#include "serve/prefetch_run.h"
#include "trust/tree.h"

enum {
	/* Data blocks. A hash block is over 128 of them: so 16 hash blocks are fetched that nobody may need .. */
	PREFETCH_HASHES_GAP = 16 * 128,
	/* .. and 64 with one wait, which are 256 KiB. */
	PREFETCH_HASHES_MOST = 64 * 128,
	PREFETCH_HASHES_RANGES = 64, /* of a batch; flights fetch what is beyond that */
};

/* Zeroed: it does nothing. */
struct prefetch_hashes {
	struct tree *tree;
	struct prefetch_run ranges[PREFETCH_RUNS_MAX];
	unsigned count, next;
	struct tree_wait wait;
};

/* Shape: tree may be NULL: then it does nothing. Owns: prefetch_hashes_fini; tree must outlive it. */
void prefetch_hashes_init(struct prefetch_hashes *hashes, struct tree *tree);
void prefetch_hashes_fini(struct prefetch_hashes *hashes);

/* These are what it fetches from now on, in place of what it has not begun. Shape: sorted; count <= PREFETCH_RUNS_MAX. */
void prefetch_hashes_want(struct prefetch_hashes *hashes, const struct prefetch_run *runs, unsigned count);

#endif
