/* SPDX-License-Identifier: MIT */
/*
 * The hash blocks of an image that are here, each proven by the one above it, up to the root hash; and which data blocks
 * are true by them. Pure: where they come from is tree.h's business.
 *
 * Flow: tree keeps what came; whoever has data blocks asks.
 * Process: engine
 *
 * Invariant 2 (no byte reaches the store before its hash chain ends in the root hash) stands on this: a block is true only
 * if hashes_check says so, and that asks kept hash blocks only; a hash block is kept only after its own digest was found
 * in a kept one, and the top one's is the root hash.
 */
#ifndef BLOBROOT_HASHES_H
#define BLOBROOT_HASHES_H

#include "trust/verity.h"

struct hash_cache;

enum hashes_verdict {
	HASHES_TRUE,    /* all of them */
	HASHES_UNKNOWN, /* a hash block is missing */
	HASHES_WRONG,   /* the digest is another */
};

struct hashes {
	struct verity verity;
	uint8_t **blocks; /* by number; NULL: not here. Every one that is here is proven. */
	struct hash_cache *
		hash_cache; /* where they lie, as far as they have a place there; NULL: nowhere but in our memory */
};

/* Errors: -ENOMEM. Owns: ended with hashes_fini. */
int hashes_init(struct hashes *hashes, const struct verity *verity);
void hashes_fini(struct hashes *hashes);

/* Where the hash block's digest stands; NULL while that is not proven itself. */
const uint8_t *hashes_digest_of(const struct hashes *hashes, uint64_t hash_block);

/*
 * Keeps the hash block if it is right. Returns false if it is not. Shape: hashes_digest_of it is not NULL; digest is that of
 * bytes.
 */
bool hashes_keep(struct hashes *hashes, uint64_t hash_block, const uint8_t *bytes, const uint8_t *digest);

/*
 * Takes hash blocks that came without being asked for, from number 0 on, as far as they are right. Returns false if
 * the top block, which the root hash vouches for, is not among them.
 */
bool hashes_give_head(struct hashes *hashes, const uint8_t *bytes, size_t len);

/*
 * From now on hash blocks are kept in the cache, those that are here already among them; and what an earlier engine left
 * there is taken up, as far as it is right. Shape: hash_cache may be NULL, and must outlive the hashes.
 */
void hashes_use_cache(struct hashes *hashes, struct hash_cache *hash_cache);

/* Are all hashes over data blocks [begin, end) here? */
bool hashes_has(const struct hashes *hashes, uint64_t begin, uint64_t end);

/*
 * Are these the image's blocks [begin, begin + count)? Returns how many from the first on are proven; verdict_out says
 * what is about the next one. Shape: count * BLOCK_SIZE bytes.
 */
uint64_t hashes_check(const struct hashes *hashes, uint64_t begin, const uint8_t *bytes, uint64_t count,
		      enum hashes_verdict *verdict_out);

#endif
