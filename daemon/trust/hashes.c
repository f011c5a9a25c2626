/* SPDX-License-Identifier: MIT */
#include "trust/hashes.h"

#include "base/block.h"
#include "trust/hash_cache.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { CHECK_BATCH = 32 }; /* blocks hashed at once */

/* Where a hash block is kept; NULL while its parent is not. */
static struct hashes_node *find(const struct hashes *hashes, uint64_t hash_block)
{
	const struct verity *verity = &hashes->verity;
	unsigned level = verity_level(verity, hash_block);
	uint64_t index = hash_block - verity->first[level];
	struct hashes_node *node = hashes->top;

	for (unsigned above = verity->levels - 1; node && above > level; above--) {
		uint64_t child = index;

		for (unsigned below = level; below + 1 < above; below++)
			child /= VERITY_FANOUT;
		node = node->children ? &node->children[child % VERITY_FANOUT] : NULL;
	}
	return node;
}

/* The same, with room for it; NULL: no memory. Shape: its parent is kept. */
static struct hashes_node *find_room(struct hashes *hashes, uint64_t hash_block)
{
	struct hashes_node *parent;
	uint64_t parent_block;
	unsigned index;

	if (!verity_parent(&hashes->verity, hash_block, &parent_block, &index))
		return hashes->top;
	parent = find(hashes, parent_block);
	if (!parent->children)
		parent->children = calloc(VERITY_FANOUT, sizeof(*parent->children));
	return parent->children ? &parent->children[index] : NULL;
}

const uint8_t *hashes_block(const struct hashes *hashes, uint64_t hash_block)
{
	const struct hashes_node *node = find(hashes, hash_block);

	return node ? node->bytes : NULL;
}

int hashes_init(struct hashes *hashes, const struct verity *verity)
{
	*hashes = (struct hashes){.verity = *verity};
	hashes->top = calloc(1, sizeof(*hashes->top));
	return hashes->top ? 0 : -ENOMEM;
}

/* Shape: nodes of one family, or the top. Recurses VERITY_LEVELS_MAX deep. */
static void free_nodes(const struct hashes *hashes, struct hashes_node *nodes, unsigned count)
{
	for (unsigned i = 0; nodes && i < count; i++) {
		free_nodes(hashes, nodes[i].children, VERITY_FANOUT);
		if (!hash_cache_holds(hashes->hash_cache, nodes[i].bytes))
			free(nodes[i].bytes);
	}
	free(nodes);
}

void hashes_fini(struct hashes *hashes)
{
	free_nodes(hashes, hashes->top, 1);
}

const uint8_t *hashes_digest_of(const struct hashes *hashes, uint64_t hash_block)
{
	const uint8_t *digests;
	uint64_t parent;
	unsigned index;

	if (!verity_parent(&hashes->verity, hash_block, &parent, &index))
		return hashes->verity.root;
	digests = hashes_block(hashes, parent);
	return digests ? digests + (size_t)index * SHA256_SIZE : NULL;
}

bool hashes_keep(struct hashes *hashes, uint64_t hash_block, const uint8_t *bytes, const uint8_t *digest)
{
	struct hashes_node *node;

	if (memcmp(digest, hashes_digest_of(hashes, hash_block), SHA256_SIZE) != 0 ||
	    !verity_digests_fit(&hashes->verity, hash_block, bytes))
		return false;
	/* Out of memory is as if it had not arrived. */
	node = find_room(hashes, hash_block);
	if (node && !node->bytes) {
		node->bytes = hash_cache_place(hashes->hash_cache, hash_block);
		if (!node->bytes)
			node->bytes = malloc(BLOCK_SIZE);
		if (node->bytes)
			memmove(node->bytes, bytes, BLOCK_SIZE);
		hash_cache_mark(hashes->hash_cache, hash_block);
	}
	return true;
}

bool hashes_take(struct hashes *hashes, uint64_t hash_block, const uint8_t *bytes)
{
	uint8_t digest[1][SHA256_SIZE];

	sha256_blocks(hashes->verity.salt, hashes->verity.salt_len, bytes, 1, digest);
	return hashes_keep(hashes, hash_block, bytes, digest[0]);
}

void hashes_use_cache(struct hashes *hashes, struct hash_cache *hash_cache)
{
	hashes->hash_cache = hash_cache;
	/* Top down: a parent has a lower number than its children. */
	for (uint64_t i = 0; i < hashes->verity.hash_blocks; i++) {
		uint8_t *place = hash_cache_place(hash_cache, i);
		struct hashes_node *node = find(hashes, i);

		if (!place)
			return;
		if (node && node->bytes) {
			memcpy(place, node->bytes, BLOCK_SIZE);
			hash_cache_mark(hash_cache, i);
			free(node->bytes);
			node->bytes = place;
		} else if (hash_cache_has(hash_cache, i) && hashes_digest_of(hashes, i)) {
			(void)hashes_take(hashes, i, place);
		}
	}
}

bool hashes_give_head(struct hashes *hashes, const uint8_t *bytes, size_t len)
{
	uint64_t count = len / BLOCK_SIZE;

	if (count > hashes->verity.hash_blocks)
		count = hashes->verity.hash_blocks;
	for (uint64_t i = 0; i < count; i++, bytes += BLOCK_SIZE) {
		if (!hashes_digest_of(hashes, i))
			break;
		if (!hashes_take(hashes, i, bytes))
			break;
	}
	return hashes->verity.levels == 0 || hashes->top->bytes;
}

bool hashes_has(const struct hashes *hashes, uint64_t begin, uint64_t end)
{
	if (end > hashes->verity.data_blocks)
		end = hashes->verity.data_blocks;
	/* The parents of a kept hash block were verified before it. */
	for (uint64_t at = begin; hashes->verity.levels > 0 && at < end;
	     at += VERITY_FANOUT - at % VERITY_FANOUT)
		if (!hashes_block(hashes, verity_over(&hashes->verity, 0, at)))
			return false;
	return true;
}

/* The expected digests of the blocks from begin on; *count_out: of how many. NULL: not here. Shape: begin < data_blocks. */
static const uint8_t *digests_of(const struct hashes *hashes, uint64_t begin, uint64_t *count_out)
{
	const uint8_t *leaf;

	if (hashes->verity.levels == 0) {
		*count_out = 1;
		return hashes->verity.root;
	}
	leaf = hashes_block(hashes, verity_over(&hashes->verity, 0, begin));
	*count_out = VERITY_FANOUT - begin % VERITY_FANOUT;
	return leaf ? leaf + begin % VERITY_FANOUT * SHA256_SIZE : NULL;
}

uint64_t hashes_check(const struct hashes *hashes, uint64_t begin, const uint8_t *bytes, uint64_t count,
		      enum hashes_verdict *verdict_out)
{
	uint8_t digests[CHECK_BATCH][SHA256_SIZE];
	uint64_t covered = begin < hashes->verity.data_blocks ? hashes->verity.data_blocks - begin : 0;
	uint64_t good = 0;

	while (good < count) {
		uint64_t batch, most = count < covered ? count - good : covered - good;
		const uint8_t *expected;

		/* Nothing vouches for what is beyond the image, and no hash block will. */
		*verdict_out = HASHES_WRONG;
		if (most == 0)
			return good;
		expected = digests_of(hashes, begin + good, &batch);
		if (!expected) {
			*verdict_out = HASHES_UNKNOWN;
			return good;
		}
		if (batch > CHECK_BATCH)
			batch = CHECK_BATCH;
		if (batch > most)
			batch = most;
		sha256_blocks(hashes->verity.salt, hashes->verity.salt_len, bytes + good * BLOCK_SIZE, batch,
			      digests);
		for (uint64_t i = 0; i < batch; i++, good++) {
			if (memcmp(digests[i], expected + i * SHA256_SIZE, SHA256_SIZE) != 0)
				return good;
		}
	}
	*verdict_out = HASHES_TRUE;
	return good;
}
