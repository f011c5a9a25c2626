/* SPDX-License-Identifier: MIT */
/*
 * The hash tree of an image: gets hash blocks as they are needed, proves each by the one above it, up to the
 * root hash, keeps them, and proves data blocks by them.
 *
 * Flow: flight -> tree_wait_begin (hash blocks come beside the data) -> tree_check -> which blocks are true.
 * Process: engine
 *
 * Invariant 2 (no byte reaches the cache file before its hash chain ends in the root hash) stands on this: a
 * block is true only if tree_check says so, and tree_check asks kept hash blocks only; a hash block is kept
 * only after its own digest was found in a kept one, and the top one's is the root hash.
 *
 * All levels that a wait needs are fetched at once, so the hashes of a range cost one round trip beside its
 * data's. What comes early waits for what is above it. A hash block that is wrong is asked for from the
 * other mirrors, then from one that was asked before; then whoever waits for it is told, and it is forgotten:
 * the next wait tries afresh.
 */
#ifndef BLOBROOT_TREE_H
#define BLOBROOT_TREE_H

#include "base/loop.h"
#include "fetch/blob.h"
#include "trust/verity.h"

struct branch;
struct counters;
struct shelf;
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
	bool is_waiting, is_due;
	struct tree_wait *prev, *next;
};

enum tree_verdict {
	TREE_TRUE,    /* all of them */
	TREE_UNKNOWN, /* a hash block is missing */
	TREE_WRONG,   /* the digest is another */
};

struct tree {
	struct loop *loop;
	struct blob *blob; /* of the hash tree; not the tree's own */
	struct counters *counters;
	struct verity verity;
	uint8_t **blocks; /* by number; NULL: not here. Every one that is here is proven. */
	struct shelf *
		shelf; /* where they lie, as far as they have a place there; NULL: nowhere but in our memory */
	struct branch *branches;
	struct tree_wait *waits;
	struct loop_timer later; /* when there was no memory */
};

/* Owns: blob must outlive it; ended with tree_close after its last wait. Errors: -ENOMEM. */
int tree_open(struct tree **tree_out, struct loop *loop, struct blob *blob, struct counters *counters,
	      const struct verity *verity);
void tree_close(struct tree *tree);

/*
 * Takes hash blocks that came without being asked for, from number 0 on, as far as they are right. Returns false if
 * the top block, which the root hash vouches for, is not among them.
 */
bool tree_give_head(struct tree *tree, const uint8_t *bytes, size_t len);

/*
 * From now on hash blocks are kept on the shelf, those that are here already among them; and what an earlier engine left
 * there is taken up, as far as it is right. Shape: shelf may be NULL, and must outlive the tree.
 */
void tree_use_shelf(struct tree *tree, struct shelf *shelf);

/* Are all hashes over data blocks [begin, end) here? */
bool tree_has(const struct tree *tree, uint64_t begin, uint64_t end);

/*
 * Sees to it that they come; wait->fn tells, from the loop, until tree_wait_end. Shape: begin < end <= data_blocks.
 */
void tree_wait_begin(struct tree *tree, struct tree_wait *wait, uint64_t begin, uint64_t end);
void tree_wait_end(struct tree *tree, struct tree_wait *wait);

/*
 * Are these the image's blocks [begin, begin + count)? Returns how many from the first on are proven; verdict_out says
 * what is about the next one. Shape: count * BLOCK_SIZE bytes.
 */
uint64_t tree_check(const struct tree *tree, uint64_t begin, const uint8_t *bytes, uint64_t count,
		    enum tree_verdict *verdict_out);

#endif
