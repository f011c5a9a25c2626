/* SPDX-License-Identifier: MIT */
/*
 * The shape of a hash tree: its superblock, which hash block vouches for which block, and where it lies. Pure.
 *
 * Flow: proof decodes the superblock that came from the network; tree asks who vouches for whom.
 * Process: engine
 * Source: dm-verity format 1, Documentation/admin-guide/device-mapper/verity.rst; the superblock is
 * cryptsetup's (lib/verity/verity.c, cryptsetup 2.6)
 *
 * A hash block is 4096 bytes: the digests, 32 bytes each, of 128 blocks of the level below it, and zeros where
 * there are fewer. Level 0, the leaves, vouches for data blocks. The top level is one block, and its digest is
 * the root hash; an image of one block has no hash blocks, and its own digest is the root hash. Hash blocks are
 * numbered as they lie in the file, the top first.
 *
 * Only the root hash is trusted. The superblock is not under it: whoever sends it can lie about the salt, which
 * makes every digest wrong, and about the number of blocks. Fewer or more of them with the same number of levels
 * leave digests where there must be zeros, or zeros where a digest must be (verity_digests_fit). Another number of
 * levels takes data blocks for hash blocks, or hash blocks for data; then the first block would not be what it
 * was, and the engine mounts nothing before the first block has been proven and holds an EROFS superblock,
 * which neither a hash block is, nor anything whose digest is the 32 zeros with which an EROFS image begins.
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
	uint64_t start;       /* of the first hash block, in bytes from its file's beginning */
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
	VERITY_SALT,       /* longer than there is room for it */
	VERITY_BLOCKS,     /* none, or more than we can count */
	VERITY_ROOT,       /* no root hash of 64 hexadecimal digits */
};

/*
 * Decodes a superblock that lies off bytes into its file. roothash is hexadecimal, of either case. Shape: len
 * bytes at super; more than VERITY_SUPER_SIZE are not looked at.
 */
enum verity_result verity_decode(const uint8_t *super, size_t len, uint64_t off, const char *roothash,
				 struct verity *verity_out);

/* Why, for a message; super and len as above, buf of size bytes where it must. */
const char *verity_explain(enum verity_result result, const uint8_t *super, size_t len, char *buf,
			   size_t size);

/* The hash block of that level over a data block. Shape: level < levels, data_block < data_blocks. */
uint64_t verity_over(const struct verity *verity, unsigned level, uint64_t data_block);

/* The level of a hash block. */
unsigned verity_level(const struct verity *verity, uint64_t hash_block);

/* The data blocks [*begin_out, *end_out) below a hash block. */
void verity_below(const struct verity *verity, uint64_t hash_block, uint64_t *begin_out, uint64_t *end_out);

/*
 * Where the digest of a hash block stands: the number of its parent, and which of the 128 it is. Returns false
 * for the top block: that is the root hash's.
 */
bool verity_parent(const struct verity *verity, uint64_t hash_block, uint64_t *parent_out,
		   unsigned *index_out);

/* Do zeros follow the digests of a hash block's children, where there are fewer than 128? */
bool verity_digests_fit(const struct verity *verity, uint64_t hash_block, const uint8_t *bytes);

/* What makes a tree, as one line of text and back; what the keeper remembers for the next engine. */
enum { VERITY_TEXT_MAX = 2 * (SHA256_SIZE + SHA256_SALT_MAX) + 64 };
void verity_format(const struct verity *verity, char text_out[VERITY_TEXT_MAX]);
bool verity_parse(const char *text, struct verity *verity_out);

#endif
