/* SPDX-License-Identifier: MIT */
/*
 * The verified hash blocks of an image that are here, each checked against its parent, up to the root hash;
 * and the verification of data blocks against them. Pure: tree.h fetches them.
 *
 * Flow: tree adds hash blocks as they arrive; whoever has data blocks calls hashes_check.
 * Process: engine
 *
 * Invariant 2 (no byte reaches the store before its hash chain ends in the root hash) rests on this: a block
 * is right only if hashes_check says so, which uses kept hash blocks only. A hash block is kept only if its
 * digest is the one in its kept parent; that of the top block must be the root hash.
 */
#ifndef BLOBROOT_HASHES_H
#define BLOBROOT_HASHES_H

#include "trust/verity.h"

struct hash_cache;

enum hashes_verdict {
	HASHES_TRUE,    /* all blocks match */
	HASHES_UNKNOWN, /* a hash block is missing */
	HASHES_WRONG,   /* the digest does not match, or the block is beyond the image */
};

/*
 * The table of kept blocks is the tree itself: it grows by a family when a child of a verified block is kept. So a
 * superblock's number of blocks, which nothing vouches for, does not decide how much memory is taken.
 */
struct hashes_node {
	uint8_t *bytes;               /* NULL: not here; if it is, it is verified */
	struct hashes_node *children; /* VERITY_FANOUT of them; NULL: none is here */
};

struct hashes {
	struct verity verity;
	struct hashes_node *top;
	struct hash_cache *hash_cache; /* holds those that have a place in it; NULL: all are malloc'ed */
};

/* Errors: -ENOMEM. Owns: the caller ends it with hashes_fini. */
int hashes_init(struct hashes *hashes, const struct verity *verity);
void hashes_fini(struct hashes *hashes);

/* A verified hash block that is here; NULL: it is not. Shape: hash_block < verity.hash_blocks. */
const uint8_t *hashes_block(const struct hashes *hashes, uint64_t hash_block);

/* The expected digest of a hash block; NULL while its parent is not verified. */
const uint8_t *hashes_digest_of(const struct hashes *hashes, uint64_t hash_block);

/*
 * Keeps the hash block if it is right. Returns false if it is not. Shape: hashes_digest_of(hash_block) is not
 * NULL; digest is that of bytes.
 */
bool hashes_keep(struct hashes *hashes, uint64_t hash_block, const uint8_t *bytes, const uint8_t *digest);

/* The same, and computes the digest. */
bool hashes_take(struct hashes *hashes, uint64_t hash_block, const uint8_t *bytes);

/*
 * Keeps unrequested hash blocks, from number 0 on, as far as they are right. Returns false if the top block,
 * whose digest is the root hash, is not among them.
 */
bool hashes_give_head(struct hashes *hashes, const uint8_t *bytes, size_t len);

/*
 * Keeps hash blocks in the cache from now on, including those that are already here, and reuses what an earlier engine
 * left there, as far as it is right. Shape: hash_cache may be NULL, and must outlive the hashes.
 */
void hashes_use_cache(struct hashes *hashes, struct hash_cache *hash_cache);

/* Are all hash blocks for data blocks [begin, end) here? Blocks beyond the image need none. */
bool hashes_has(const struct hashes *hashes, uint64_t begin, uint64_t end);

/*
 * Verifies data blocks [begin, begin + count). Returns how many are right, from the first on; *verdict_out
 * says why the next one is not. Shape: count * BLOCK_SIZE bytes.
 */
uint64_t hashes_check(const struct hashes *hashes, uint64_t begin, const uint8_t *bytes, uint64_t count,
		      enum hashes_verdict *verdict_out);

#endif
