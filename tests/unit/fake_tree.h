/* SPDX-License-Identifier: MIT */
/*
 * The hash tree of the fake image (fake_byte), and a server of both that tells the truth or lies.
 *
 * Flow: a test builds a tree, gives its verity to the code under test, and answers transfers from it; what a URL asks
 * for is seen from its end, `.verity` or not.
 * Process: tests
 * Source: dm-verity format 1; built from the leaves up without daemon/trust/verity.c, whose geometry it checks so
 */
#ifndef BLOBROOT_FAKE_TREE_H
#define BLOBROOT_FAKE_TREE_H

#include "base/block.h"
#include "fake_fetch.h"
#include "trust/verity.h"

enum fake_lie {
	FAKE_RIGHT,
	FAKE_FLIPPED, /* one byte */
	FAKE_OTHER,   /* the block behind it in its place */
	FAKE_ZEROS,   /* a block of them */
};

struct fake_tree {
	uint8_t *file; /* as veritysetup format writes it */
	uint64_t size; /* its bytes */
	uint64_t image_size;
	char roothash[2 * SHA256_SIZE + 1];
	struct verity verity;
};

/* Owns: ended with fake_tree_free. */
void fake_tree_build(struct fake_tree *fake, uint64_t data_blocks, size_t salt_len);
/* The same, but the byte at wrong_at of that level (0: the leaves) is another one, and all above it is as if it were right. */
void fake_tree_build_but(struct fake_tree *fake, uint64_t data_blocks, size_t salt_len, unsigned wrong_level,
			 uint64_t wrong_at);
void fake_tree_free(struct fake_tree *fake);

/* Where hash block number n lies in the file. */
uint64_t fake_tree_at(const struct fake_tree *fake, uint64_t n);

/* Is the transfer for the tree, not for the image? Which mirror (http://mN/..) is asked? */
bool fake_tree_is_for(const struct fetch_transfer *transfer);
unsigned fake_tree_mirror(const struct fetch_transfer *transfer);
/* The nth transfer on the wire that is for the tree, or for the image; NULL if there is none. */
struct fetch_transfer *fake_tree_find(struct fetch *fetch, bool is_tree, unsigned n);

/* The right head. */
bool fake_tree_head(const struct fake_tree *fake, struct fetch_transfer *transfer);
/* The next len bytes, with a lie about the byte at `at` of the file, or its block. Returns as fake_fetch_bytes. */
bool fake_tree_send(const struct fake_tree *fake, struct fetch_transfer *transfer, uint64_t len,
		    enum fake_lie lie, uint64_t at);
/* All of an answer. Where the transfer pauses it stops, and can be called again when it goes on. */
void fake_tree_serve(const struct fake_tree *fake, struct fetch_transfer *transfer, enum fake_lie lie,
		     uint64_t at);

#endif
