/* SPDX-License-Identifier: MIT */
/*
 * The hash tree of an image: fetches hash blocks as they are needed, verifies and keeps them (hashes.h).
 *
 * Flow: flight -> tree_wait_begin (hash blocks in parallel with the data) -> hashes_keep -> wait->fn.
 * Process: engine
 *
 * All levels that a wait needs are fetched at once, so the hashes of a range cost one round trip, in parallel
 * with its data's. Blocks that arrive early wait for their parents. A wrong hash block is fetched from the
 * other mirrors, then from one that was asked before. After that its waits are notified, and it is forgotten:
 * the next wait tries again.
 */
#ifndef BLOBROOT_TREE_H
#define BLOBROOT_TREE_H

#include "base/block.h"
#include "base/list.h"
#include "base/loop.h"
#include "fetch/blob.h"
#include "trust/hashes.h"
#include "trust/tree_disk.h"

struct counters;
struct tree;

enum tree_event {
	TREE_CAME,    /* hash blocks arrived: check again */
	TREE_TROUBLE, /* some could not be fetched; retried while anybody waits for them */
	TREE_FALSE,   /* [begin, end) cannot be verified: every mirror's hash blocks over them are wrong */
};

/* A wait for the hashes of data blocks; embedded in its owner. */
struct tree_wait {
	/* begin, end: data blocks for TREE_FALSE, otherwise 0. why: NULL for TREE_CAME. May end the wait. */
	void (*fn)(void *arg, enum tree_event event, uint64_t begin, uint64_t end, const char *why);
	void *arg;
	uint64_t begin, end; /* data blocks */
	bool is_due;         /* to be notified */
	struct list link;
};

struct tree {
	struct loop *loop;
	struct blob *blob; /* of the hash tree; not owned */
	struct counters *counters;
	struct hashes hashes;  /* those that are here */
	struct list runs;      /* of hash blocks, being fetched */
	struct tree_disk disk; /* .. and read */
	struct list waits;
	struct loop_timer later; /* retries when out of memory */
};

/* Owns: blob must outlive it; the caller closes it with tree_close after its last wait. Errors: -ENOMEM. */
int tree_open(struct tree **tree_out, struct loop *loop, struct blob *blob, struct counters *counters,
	      const struct verity *verity);
void tree_close(struct tree *tree);

/* Keeps hash blocks in this file, too, and reads those that it has. Shape: as tree_disk_use. */
void tree_use_disk(struct tree *tree, struct disk_file *file, const uint8_t super[BLOCK_SIZE]);
/* Are all hash blocks there? What is here and not there is written. Without a disk: yes. */
bool tree_is_on_disk(struct tree *tree);

/*
 * Fetches missing hashes; the loop calls wait->fn until tree_wait_end. Shape: begin < end. Blocks beyond the image
 * have no hashes: nothing is fetched for them.
 */
void tree_wait_begin(struct tree *tree, struct tree_wait *wait, uint64_t begin, uint64_t end);
/* Shape: it need not be waiting. */
void tree_wait_end(struct tree_wait *wait);
bool tree_is_waiting(const struct tree_wait *wait);

#endif
