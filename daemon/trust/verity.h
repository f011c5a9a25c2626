/* SPDX-License-Identifier: MIT */
/*
 * The layout of a hash tree: its superblock, which hash block covers which blocks, and where it is. Pure.
 *
 * Flow: proof decodes the superblock that came from the network; tree and hashes ask which block covers which.
 * Process: engine
 * Source: dm-verity format 1, Documentation/admin-guide/device-mapper/verity.rst; the superblock is
 * cryptsetup's (lib/verity/verity.c, cryptsetup 2.6)
 *
 * A hash block is 4096 bytes: the digests, 32 bytes each, of 128 blocks of the level below it, padded with
 * zeros if there are fewer. Level 0, the leaves, covers data blocks. The top level is one block, and its
 * digest is the root hash; an image of one block has no hash blocks, and its own digest is the root hash.
 * Hash blocks are numbered in the order of the file, the top first.
 *
 * Only the root hash is trusted. It does not cover the superblock, whose sender can lie about the salt, which
 * makes every digest wrong, and about the number of blocks. A wrong number with the same number of levels
 * leaves digests where zeros must be, or zeros where a digest must be (verity_digests_fit). A wrong number of
 * levels takes data blocks for hash blocks, or hash blocks for data, and so the first data block is another
 * one. The engine mounts nothing before the first block is verified and holds an EROFS superblock. A hash
 * block does not hold one, nor does anything whose digest is the 32 zeros with which an EROFS image begins.
 */
#ifndef BLOBROOT_VERITY_H
#define BLOBROOT_VERITY_H

#include "trust/sha256.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	VERITY_SUPER_SIZE = 512,
	VERITY_FANOUT = 128,   /* digests in a hash block */
	VERITY_LEVELS_MAX = 5, /* 2^35 blocks: 128 TiB */
};

struct verity {
	uint8_t root[SHA256_SIZE];
	uint8_t salt[SHA256_SALT_MAX];
	size_t salt_len;
	uint64_t data_blocks; /* at least 1 */
	uint64_t start;       /* offset of the first hash block in its file, in bytes */
	unsigned levels;
	uint64_t first[VERITY_LEVELS_MAX]; /* number of each level's first hash block */
	uint64_t count[VERITY_LEVELS_MAX]; /* hash blocks of each level */
	uint64_t hash_blocks;              /* of all levels */
};

enum verity_result {
	VERITY_OK,
	VERITY_SHORT,      /* fewer bytes than a superblock */
	VERITY_NO_SUPER,   /* no superblock there */
	VERITY_VERSION,    /* another version of it */
	VERITY_HASH_TYPE,  /* Chrome OS's format 0 */
	VERITY_ALGORITHM,  /* other than sha256 */
	VERITY_BLOCK_SIZE, /* of data or of hashes, other than 4096 */
	VERITY_SALT,       /* longer than SHA256_SALT_MAX */
	VERITY_BLOCKS,     /* none, or too many */
	VERITY_ROOT,       /* no root hash of 64 hexadecimal digits */
};

/*
 * Decodes a superblock at offset off of its file. roothash is hexadecimal, in either case. Shape: len bytes
 * at super; only the first VERITY_SUPER_SIZE are read.
 */
enum verity_result verity_decode(const uint8_t *super, size_t len, uint64_t off, const char *roothash,
				 struct verity *verity_out);

/* The other way round: the superblock of a tree, which has no UUID. */
void verity_encode(const struct verity *verity, uint8_t super_out[VERITY_SUPER_SIZE]);

/* Why, for a message; super and len as above; may use buf (of size bytes). */
const char *verity_explain(enum verity_result result, const uint8_t *super, size_t len, char *buf,
			   size_t size);

/* The hash block of that level that covers a data block. Shape: level < levels, data_block < data_blocks. */
uint64_t verity_over(const struct verity *verity, unsigned level, uint64_t data_block);

/* The level of a hash block. */
unsigned verity_level(const struct verity *verity, uint64_t hash_block);

/* The data blocks [*begin_out, *end_out) that a hash block covers. */
void verity_below(const struct verity *verity, uint64_t hash_block, uint64_t *begin_out, uint64_t *end_out);

/*
 * Where the digest of a hash block is: the number of its parent, and which of the 128 there. Returns false
 * for the top block, whose digest is the root hash.
 */
bool verity_parent(const struct verity *verity, uint64_t hash_block, uint64_t *parent_out,
		   unsigned *index_out);

/* If a hash block has fewer than 128 children, is the rest of it zeros? */
bool verity_digests_fit(const struct verity *verity, uint64_t hash_block, const uint8_t *bytes);

/* All that decides which bytes are the image's: ROOTHASH:BLOCKS:SALT. The root hash alone does not say how many there are. */
enum { VERITY_IDENTITY_MAX = 2 * (SHA256_SIZE + SHA256_SALT_MAX) + 32 };
void verity_identify(const struct verity *verity, char text_out[VERITY_IDENTITY_MAX]);

/* The parameters of a tree to one line of text and back; the keeper stores it for the next engine. */
enum { VERITY_TEXT_MAX = 2 * (SHA256_SIZE + SHA256_SALT_MAX) + 64 };
void verity_format(const struct verity *verity, char text_out[VERITY_TEXT_MAX]);
bool verity_parse(const char *text, struct verity *verity_out);

#endif
