/* SPDX-License-Identifier: MIT */
/*
 * Which image this is: the name by which the kernel knows it, and what the next engine has to know to go on with the same
 * bytes.
 *
 * Flow: engine -> image_recall, or after the first contact image_found.
 * Process: engine
 *
 * Under a root hash the hash tree says it all. Without one it is the version that the first mirror which answered has told,
 * and all mirrors have to have the same size.
 */
#ifndef BLOBROOT_IMAGE_H
#define BLOBROOT_IMAGE_H

#include "engine/recall.h"
#include "trust/proof.h"

struct hash_cache;

struct image {
	struct proof *proof;
	struct blob *blob;             /* the proof's */
	struct hash_cache *hash_cache; /* where hash blocks are kept for the next engine; NULL: nowhere */
	char key[64];                  /* the kernel's name for it; empty until it can be mounted */
};

/* Shape: proof is initialised, and outlives it, as the cache does. */
void image_init(struct image *image, struct proof *proof, struct hash_cache *hash_cache);

/*
 * Takes what an earlier engine has found out. *is_known_out: that is enough, and no first contact is needed.
 * Errors: -ENOMEM.
 */
int image_recall(struct image *image, const struct recall *recall, bool *is_known_out);

/* The first contact has gone well: names the image, and tells the keeper. */
void image_found(struct image *image, int notices);

#endif
