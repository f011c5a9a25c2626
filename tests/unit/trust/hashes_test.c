/* SPDX-License-Identifier: MIT */
/*
 * What a table of hash blocks takes: a superblock claims the largest image there can be, and one chain of it is proven.
 */
#include "unit.h"

#include "base/block.h"
#include "trust/hashes.h"

/* Of AddressSanitizer, whose header gcc does not install. */
size_t __sanitizer_get_current_allocated_bytes(void);

enum { LEVELS = VERITY_LEVELS_MAX };

/* A data block and the hash blocks over it, the leaf first. */
static uint8_t data[BLOCK_SIZE], chain[LEVELS][BLOCK_SIZE];
static struct verity verity;
static const uint64_t at = 1234567890123 % (UINT64_C(1) << 35);

static void digest(const uint8_t *block, uint8_t digest_out[SHA256_SIZE])
{
	uint8_t digests[1][SHA256_SIZE];

	sha256_blocks(NULL, 0, block, 1, digests);
	memcpy(digest_out, digests[0], SHA256_SIZE);
}

/* Makes the chain, and the root hash that vouches for it. */
static void make_chain(void)
{
	char text[VERITY_TEXT_MAX];
	uint64_t index = at;
	const uint8_t *below = data;

	memset(data, 'd', sizeof(data));
	for (unsigned level = 0; level < LEVELS; level++, index /= VERITY_FANOUT) {
		memset(chain[level], 'h', BLOCK_SIZE);
		digest(below, chain[level] + index % VERITY_FANOUT * SHA256_SIZE);
		below = chain[level];
	}
	snprintf(text, sizeof(text), "%" PRIu64 "\t4096\t%064d", UINT64_C(1) << 35, 0);
	ATF_REQUIRE(verity_parse(text, &verity));
	EQ((unsigned)LEVELS, verity.levels);
	digest(below, verity.root);
}

CASE(memory_is_taken_for_what_is_proven_and_not_for_what_is_claimed)
{
	size_t before = __sanitizer_get_current_allocated_bytes();
	enum hashes_verdict verdict;
	struct hashes hashes;
	uint8_t sum[SHA256_SIZE];

	make_chain();
	MUST_EQ(0, hashes_init(&hashes, &verity));
	ATF_CHECK(__sanitizer_get_current_allocated_bytes() - before < 4096);
	for (unsigned level = LEVELS; level-- > 0;) {
		uint64_t block = verity_over(&verity, level, at);

		ATF_CHECK(!hashes_block(&hashes, block));
		digest(chain[level], sum);
		ATF_REQUIRE(hashes_digest_of(&hashes, block) != NULL);
		ATF_REQUIRE(hashes_keep(&hashes, block, chain[level], sum));
		ATF_CHECK(memcmp(hashes_block(&hashes, block), chain[level], BLOCK_SIZE) == 0);
		ATF_CHECK(level + 1 == LEVELS || !hashes_block(&hashes, block ^ 1));
	}
	ATF_CHECK(__sanitizer_get_current_allocated_bytes() - before < 2 * LEVELS * BLOCK_SIZE);
	EQ(1u, hashes_check(&hashes, at, data, 1, &verdict));
	EQ(HASHES_TRUE, verdict);
	data[77] ^= 1;
	EQ(0u, hashes_check(&hashes, at, data, 1, &verdict));
	EQ(HASHES_WRONG, verdict);
	EQ(0u, hashes_check(&hashes, at ^ 1 << 20, data, 1, &verdict));
	EQ(HASHES_UNKNOWN, verdict);
	hashes_fini(&hashes);
	EQ(before, __sanitizer_get_current_allocated_bytes());
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, memory_is_taken_for_what_is_proven_and_not_for_what_is_claimed);
	return atf_no_error();
}
