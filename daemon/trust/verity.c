/* SPDX-License-Identifier: MIT */
#include "trust/verity.h"

#include "base/block.h"
#include "base/hex.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Offsets in the superblock; numbers are little-endian. */
enum {
	AT_MAGIC = 0,
	AT_VERSION = 8,
	AT_HASH_TYPE = 12,
	AT_ALGORITHM = 32,
	AT_DATA_BLOCK_SIZE = 64,
	AT_HASH_BLOCK_SIZE = 68,
	AT_DATA_BLOCKS = 72,
	AT_SALT_SIZE = 80,
	AT_SALT = 88,
	ALGORITHM_SIZE = 32,
};

static const uint8_t magic[8] = "verity\0";
static const char algorithm_name[ALGORITHM_SIZE] = "sha256";

static uint64_t number(const uint8_t *at, unsigned bytes)
{
	uint64_t value = 0;

	while (bytes-- > 0)
		value = value << 8 | at[bytes];
	return value;
}

static void put_number(uint8_t *at, unsigned bytes, uint64_t value)
{
	for (unsigned i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

/* Computes the levels from the number of data blocks. */
static bool lay_out(struct verity *verity)
{
	unsigned levels = 0;
	uint64_t blocks = verity->data_blocks;

	if (blocks == 0)
		return false;
	while (blocks > 1) {
		if (levels == VERITY_LEVELS_MAX)
			return false;
		blocks = blocks / VERITY_FANOUT + (blocks % VERITY_FANOUT > 0);
		verity->count[levels++] = blocks;
	}
	verity->levels = levels;
	verity->hash_blocks = 0;
	while (levels-- > 0) {
		verity->first[levels] = verity->hash_blocks;
		verity->hash_blocks += verity->count[levels];
	}
	return true;
}

enum verity_result verity_decode(const uint8_t *super, size_t len, uint64_t off, const char *roothash,
				 struct verity *verity_out)
{
	memset(verity_out, 0, sizeof(*verity_out));
	if (len < VERITY_SUPER_SIZE)
		return VERITY_SHORT;
	if (memcmp(super + AT_MAGIC, magic, sizeof(magic)) != 0)
		return VERITY_NO_SUPER;
	if (number(super + AT_VERSION, 4) != 1)
		return VERITY_VERSION;
	if (number(super + AT_HASH_TYPE, 4) != 1)
		return VERITY_HASH_TYPE;
	if (memcmp(super + AT_ALGORITHM, algorithm_name, sizeof(algorithm_name)) != 0)
		return VERITY_ALGORITHM;
	if (number(super + AT_DATA_BLOCK_SIZE, 4) != BLOCK_SIZE ||
	    number(super + AT_HASH_BLOCK_SIZE, 4) != BLOCK_SIZE)
		return VERITY_BLOCK_SIZE;
	verity_out->salt_len = (size_t)number(super + AT_SALT_SIZE, 2);
	if (verity_out->salt_len > SHA256_SALT_MAX)
		return VERITY_SALT;
	memcpy(verity_out->salt, super + AT_SALT, verity_out->salt_len);
	verity_out->data_blocks = number(super + AT_DATA_BLOCKS, 8);
	if (off > INT64_MAX - VERITY_SUPER_SIZE - BLOCK_SIZE || !lay_out(verity_out))
		return VERITY_BLOCKS;
	verity_out->start = block_ceil(off + VERITY_SUPER_SIZE);
	if (strlen(roothash) != (size_t)2 * SHA256_SIZE ||
	    !hex_decode(roothash, verity_out->root, SHA256_SIZE))
		return VERITY_ROOT;
	return VERITY_OK;
}

void verity_encode(const struct verity *verity, uint8_t super_out[VERITY_SUPER_SIZE])
{
	memset(super_out, 0, VERITY_SUPER_SIZE);
	memcpy(super_out + AT_MAGIC, magic, sizeof(magic));
	put_number(super_out + AT_VERSION, 4, 1);
	put_number(super_out + AT_HASH_TYPE, 4, 1);
	memcpy(super_out + AT_ALGORITHM, algorithm_name, sizeof(algorithm_name));
	put_number(super_out + AT_DATA_BLOCK_SIZE, 4, BLOCK_SIZE);
	put_number(super_out + AT_HASH_BLOCK_SIZE, 4, BLOCK_SIZE);
	put_number(super_out + AT_DATA_BLOCKS, 8, verity->data_blocks);
	put_number(super_out + AT_SALT_SIZE, 2, verity->salt_len);
	memcpy(super_out + AT_SALT, verity->salt, verity->salt_len);
}

const char *verity_explain(enum verity_result result, const uint8_t *super, size_t len, char *buf,
			   size_t size)
{
	char algorithm[ALGORITHM_SIZE + 1];

	switch (result) {
	case VERITY_OK:
		return "is fine";
	case VERITY_SHORT:
		/* The same words as of a server that refuses a range of an empty file. */
		if (len == 0)
			return "it is empty";
		snprintf(buf, size, "is no hash tree: a verity superblock has %d bytes, and there are %zu",
			 (int)VERITY_SUPER_SIZE, len);
		return buf;
	case VERITY_NO_SUPER:
		return "is no hash tree: no verity superblock is there (see veritysetup format; a tree "
		       "behind the image's data: rd.blob.verity=URL#OFFSET)";
	case VERITY_VERSION:
		snprintf(buf, size, "the hash tree's superblock has version %" PRIu64 ", and 1 is supported",
			 number(super + AT_VERSION, 4));
		return buf;
	case VERITY_HASH_TYPE:
		snprintf(buf, size, "the hash tree has format %" PRIu64 ", and 1 is supported",
			 number(super + AT_HASH_TYPE, 4));
		return buf;
	case VERITY_ALGORITHM:
		memcpy(algorithm, super + AT_ALGORITHM, ALGORITHM_SIZE);
		algorithm[ALGORITHM_SIZE] = '\0';
		/* It goes to the console. */
		for (char *at = algorithm; *at; at++)
			if (!isgraph((unsigned char)*at))
				*at = '?';
		snprintf(buf, size, "the hash tree's algorithm is %s, and sha256 is supported",
			 algorithm[0] ? algorithm : "nameless");
		return buf;
	case VERITY_BLOCK_SIZE:
		snprintf(buf, size,
			 "the hash tree has blocks of %" PRIu64 " bytes over data blocks of %" PRIu64
			 ", and 4096 is supported for both",
			 number(super + AT_HASH_BLOCK_SIZE, 4), number(super + AT_DATA_BLOCK_SIZE, 4));
		return buf;
	case VERITY_SALT:
		snprintf(buf, size, "the hash tree's salt has %" PRIu64 " bytes, and %d are the most",
			 number(super + AT_SALT_SIZE, 2), (int)SHA256_SALT_MAX);
		return buf;
	case VERITY_BLOCKS:
		snprintf(buf, size, "the hash tree is over %" PRIu64 " blocks, and 1 to 2^35 are supported",
			 number(super + AT_DATA_BLOCKS, 8));
		return buf;
	case VERITY_ROOT:
		break;
	}
	return "the root hash is not 64 hexadecimal digits";
}

/* 7 bits for each level from the leaves up to and including level. */
static unsigned shift(unsigned level)
{
	return 7 * (level + 1);
}

uint64_t verity_over(const struct verity *verity, unsigned level, uint64_t data_block)
{
	return verity->first[level] + (data_block >> shift(level));
}

unsigned verity_level(const struct verity *verity, uint64_t hash_block)
{
	unsigned level = 0;

	while (hash_block < verity->first[level])
		level++;
	return level;
}

void verity_below(const struct verity *verity, uint64_t hash_block, uint64_t *begin_out, uint64_t *end_out)
{
	unsigned level = verity_level(verity, hash_block);
	uint64_t index = hash_block - verity->first[level], end = (index + 1) << shift(level);

	*begin_out = index << shift(level);
	*end_out = end < verity->data_blocks ? end : verity->data_blocks;
}

bool verity_parent(const struct verity *verity, uint64_t hash_block, uint64_t *parent_out,
		   unsigned *index_out)
{
	unsigned level = verity_level(verity, hash_block);
	uint64_t index = hash_block - verity->first[level];

	if (level + 1 == verity->levels)
		return false;
	*parent_out = verity->first[level + 1] + index / VERITY_FANOUT;
	*index_out = (unsigned)(index % VERITY_FANOUT);
	return true;
}

bool verity_digests_fit(const struct verity *verity, uint64_t hash_block, const uint8_t *bytes)
{
	unsigned level = verity_level(verity, hash_block);
	uint64_t index = hash_block - verity->first[level];
	uint64_t below = level == 0 ? verity->data_blocks : verity->count[level - 1];
	uint64_t children = below - index * VERITY_FANOUT;

	for (size_t at = children < VERITY_FANOUT ? (size_t)children * SHA256_SIZE : BLOCK_SIZE;
	     at < BLOCK_SIZE; at++)
		if (bytes[at])
			return false;
	return true;
}

void verity_identify(const struct verity *verity, char text_out[VERITY_IDENTITY_MAX])
{
	size_t len = (size_t)2 * SHA256_SIZE;

	hex_encode(verity->root, SHA256_SIZE, text_out);
	len += (size_t)snprintf(text_out + len, VERITY_IDENTITY_MAX - len, ":%" PRIu64 ":",
				verity->data_blocks);
	hex_encode(verity->salt, verity->salt_len, text_out + len);
}

void verity_format(const struct verity *verity, char text_out[VERITY_TEXT_MAX])
{
	int len = snprintf(text_out, VERITY_TEXT_MAX, "%" PRIu64 "\t%" PRIu64 "\t", verity->data_blocks,
			   verity->start);

	hex_encode(verity->root, SHA256_SIZE, text_out + len);
	hex_encode(verity->salt, verity->salt_len, text_out + len + (size_t)2 * SHA256_SIZE);
}

static bool take_number(const char **at, uint64_t *number_out)
{
	char *end;

	if (!isdigit((unsigned char)**at))
		return false;
	errno = 0;
	*number_out = strtoull(*at, &end, 10);
	if (errno || *end != '\t' || *number_out > INT64_MAX)
		return false;
	*at = end + 1;
	return true;
}

bool verity_parse(const char *text, struct verity *verity_out)
{
	size_t digits;

	memset(verity_out, 0, sizeof(*verity_out));
	if (!take_number(&text, &verity_out->data_blocks) || !take_number(&text, &verity_out->start) ||
	    verity_out->start % BLOCK_SIZE || !lay_out(verity_out) ||
	    verity_out->start > INT64_MAX - verity_out->hash_blocks * BLOCK_SIZE)
		return false;
	digits = strlen(text);
	if (digits < (size_t)2 * SHA256_SIZE || digits > (size_t)2 * (SHA256_SIZE + SHA256_SALT_MAX) ||
	    digits % 2)
		return false;
	verity_out->salt_len = digits / 2 - SHA256_SIZE;
	return hex_decode(text, verity_out->root, SHA256_SIZE) &&
	       hex_decode(text + (size_t)2 * SHA256_SIZE, verity_out->salt, verity_out->salt_len);
}
