/* SPDX-License-Identifier: MIT */
/*
 * The hash tree of an image: fetches hash blocks as they are needed, and has them proven and kept (hashes.h).
 *
 * Flow: flight -> tree_wait_begin (hash blocks come beside the data) -> hashes_keep -> wait->fn.
 * Process: engine
 *
 * All levels that a wait needs are fetched at once, so the hashes of a range cost one round trip beside its
 * data's. What comes early waits for what is above it. A hash block that is wrong is asked for from the
 * other mirrors, then from one that was asked before; then whoever waits for it is told, and it is forgotten:
 * the next wait tries afresh.
 */
#ifndef BLOBROOT_TREE_H
#define BLOBROOT_TREE_H

#include "base/list.h"
#include "base/loop.h"
#include "fetch/blob.h"
#include "trust/hashes.h"

struct counters;
struct tree;

enum tree_event {
	TREE_CAME,    /* hash blocks came: look again */
	TREE_TROUBLE, /* some could not be fetched; it goes on trying while anybody waits for them */
	TREE_FALSE, /* [begin, end) of the wait cannot be proven: every mirror's hash blocks over them are wrong */
};

/* Somebody who needs the hashes of data blocks; embedded in its owner. */
struct tree_wait {
	/* For TREE_FALSE, why names what is wrong, and begin and end are blocks; they are 0 otherwise. May end the wait. */
	void (*fn)(void *arg, enum tree_event event, uint64_t begin, uint64_t end, const char *why);
	void *arg;
	uint64_t begin, end; /* data blocks */
	bool is_due;         /* to be told */
	struct list link;
};

struct tree {
	struct loop *loop;
	struct blob *blob; /* of the hash tree; not the tree's own */
	struct counters *counters;
	struct hashes hashes; /* those that are here */
	struct list runs;     /* of hash blocks, on their way */
	struct list waits;
	struct loop_timer later; /* when there was no memory */
};

/* Owns: blob must outlive it; ended with tree_close after its last wait. Errors: -ENOMEM. */
int tree_open(struct tree **tree_out, struct loop *loop, struct blob *blob, struct counters *counters,
	      const struct verity *verity);
void tree_close(struct tree *tree);

/*
 * Sees to it that they come; wait->fn tells, from the loop, until tree_wait_end. Shape: begin < end <= data_blocks.
 */
void tree_wait_begin(struct tree *tree, struct tree_wait *wait, uint64_t begin, uint64_t end);
/* Shape: it need not be waiting. */
void tree_wait_end(struct tree_wait *wait);
bool tree_is_waiting(const struct tree_wait *wait);

#endif
