/* SPDX-License-Identifier: MIT */
#include "published.h"

#include "base/block.h"
#include "fake_fetch.h"
#include "fuzz.h"

enum { IMAGES_MAX = 4 };

/* All images begin alike: here are the bytes of the longest, for making them takes time. */
static uint8_t *bytes;
static uint64_t bytes_len;

static void make_bytes(uint64_t len)
{
	if (len <= bytes_len)
		return;
	bytes = realloc(bytes, len);
	MUST(bytes, "out of memory");
	for (; bytes_len < len; bytes_len++)
		bytes[bytes_len] = fake_byte(bytes_len);
}

/* From the leaves up. */
static void make_tree(struct published *published)
{
	struct verity *verity = &published->verity;
	const uint8_t *below = bytes;
	uint64_t count = verity->data_blocks;

	for (unsigned level = 0; level < verity->levels; level++) {
		uint8_t *here = published->hashes + verity->start + verity->first[level] * BLOCK_SIZE;

		sha256_blocks(verity->salt, verity->salt_len, below, count, (uint8_t(*)[SHA256_SIZE])here);
		below = here;
		count = verity->count[level];
	}
	sha256_blocks(verity->salt, verity->salt_len, below, 1, &verity->root);
}

/* With that many blocks, and no root hash yet. */
static bool lay_out(uint64_t blocks, struct verity *verity_out)
{
	char text[VERITY_TEXT_MAX];

	snprintf(text, sizeof(text), "%" PRIu64 "\t%d\t%064d%s", blocks, (int)BLOCK_SIZE, 0, "5a17");
	return verity_parse(text, verity_out);
}

const struct published *published_image(uint64_t blocks)
{
	static struct published images[IMAGES_MAX];
	struct published *published = images;

	while (published->hashes && published->verity.data_blocks != blocks)
		published++;
	MUST(published < images + IMAGES_MAX, "too many images");
	if (published->hashes)
		return published;
	MUST(lay_out(blocks, &published->verity), "%" PRIu64 " blocks", blocks);
	published->size = blocks * BLOCK_SIZE;
	published->hashes_len = (1 + published->verity.hash_blocks) * BLOCK_SIZE;
	published->hashes = calloc(1, published->hashes_len);
	MUST(published->hashes, "out of memory");
	make_bytes(published->size);
	make_tree(published);
	return published;
}

void published_read(const struct published *published, bool is_hashes, uint64_t off, uint8_t *bytes_out,
		    size_t len)
{
	uint64_t end = is_hashes ? published->hashes_len : published->size;
	size_t there = off >= end ? 0 : end - off < len ? (size_t)(end - off) : len;

	if (there > 0)
		memcpy(bytes_out, (is_hashes ? published->hashes : bytes) + off, there);
	for (; there < len; there++)
		bytes_out[there] = is_hashes ? 0 : fake_byte(off + there);
}

bool published_lie(const struct published *published, uint64_t blocks, struct verity *verity_out)
{
	if (!lay_out(blocks, verity_out) || verity_out->levels != published->verity.levels ||
	    blocks == published->verity.data_blocks)
		return false;
	memcpy(verity_out->root, published->verity.root, SHA256_SIZE);
	return true;
}
