/* SPDX-License-Identifier: MIT */
/*
 * The image's identity: the name by which the kernel knows it, and what the next engine needs to continue
 * with the same bytes.
 *
 * Flow: engine -> image_recall, or after the first contact image_found.
 * Process: engine
 *
 * With a root hash, the hash tree identifies the image, and its size is the tree's. Without one, the version
 * from the first mirror that answered does, and all mirrors must have the same size. Neither takes the place
 * of the other: what an engine left for the other kind of boot is not looked at.
 */
#ifndef BLOBROOT_IMAGE_H
#define BLOBROOT_IMAGE_H

#include "base/mount_plan.h"
#include "engine/recall.h"
#include "trust/proof.h"

struct hash_cache;

struct image {
	struct proof *proof;
	struct blob *blob;             /* owned by proof */
	struct hash_cache *hash_cache; /* keeps hash blocks for the next engine; NULL: none */
	char key[64];                  /* the kernel's name for it; empty until it can be mounted */
};

/* Shape: proof is initialised; proof and hash_cache must outlive image. */
void image_init(struct image *image, struct proof *proof, struct hash_cache *hash_cache);

/*
 * Takes what an earlier engine learned. *is_known_out: that is enough, and no first contact is needed. Where a
 * root hash must vouch for the image, only a tree is.
 * Errors: -ENOMEM.
 */
int image_recall(struct image *image, const struct recall *recall, bool *is_known_out);

/* Can the image, whose head is verified, have size bytes? As struct proof's object. */
const char *image_judge_size(struct proof *proof, uint64_t size, char *buf, size_t buf_size);

/*
 * Why the image cannot be served, though it is the right one (it may be in buf); NULL: it can, and plan_out has what it needs of
 * the kernel.
 */
const char *image_find_fault(const struct image *image, struct mount_plan *plan_out, char *buf, size_t size);

/* The first contact succeeded: names the image, and tells the keeper. */
void image_found(struct image *image, int notices);

#endif
