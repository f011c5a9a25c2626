/* SPDX-License-Identifier: MIT */
/*
 * A verity superblock: of what is accepted, every relation between blocks and hash blocks holds, and it comes back
 * from the text that the keeper remembers.
 *
 * Input: 8 bytes where in its file it lies, a byte how long the root hash is, the root hash, the superblock.
 */
#include "fuzz.h"

#include "base/block.h"
#include "trust/verity.h"

#include <ctype.h>

static struct verity verity;

static void check_levels(void)
{
	uint64_t below = verity.data_blocks, all = 0;

	MUST(below >= 1 && below <= UINT64_C(1) << 35, "%" PRIu64 " blocks", below);
	MUST(verity.levels <= VERITY_LEVELS_MAX, "%u levels", verity.levels);
	for (unsigned level = 0; level < verity.levels; level++) {
		MUST(verity.count[level] == (below + VERITY_FANOUT - 1) / VERITY_FANOUT, "level %u", level);
		MUST(verity.first[level] == (level + 1 == verity.levels
						     ? 0
						     : verity.first[level + 1] + verity.count[level + 1]),
		     "level %u does not follow the one above it", level);
		below = verity.count[level];
		all += below;
	}
	MUST(below == 1, "no top");
	MUST(all == verity.hash_blocks, "%" PRIu64 " hash blocks", verity.hash_blocks);
	MUST(verity.start % BLOCK_SIZE == 0 && verity.start + verity.hash_blocks * BLOCK_SIZE >= verity.start,
	     "hash blocks from %" PRIu64 " on", verity.start);
}

/* Zeros must follow the last digest, and nowhere else is anything asked of the bytes. */
static void check_digests(uint64_t hash_block, uint64_t children)
{
	uint8_t bytes[BLOCK_SIZE] = {0};
	size_t used = (size_t)(children < VERITY_FANOUT ? children : VERITY_FANOUT) * SHA256_SIZE;

	memset(bytes, 0xa5, used);
	MUST(verity_digests_fit(&verity, hash_block, bytes), "%zu bytes of digests do not fit", used);
	if (used == BLOCK_SIZE)
		return;
	bytes[BLOCK_SIZE - 1] = 1;
	MUST(!verity_digests_fit(&verity, hash_block, bytes), "a last byte is not seen");
	bytes[BLOCK_SIZE - 1] = 0;
	bytes[used] = 1;
	MUST(!verity_digests_fit(&verity, hash_block, bytes), "a digest too many is not seen");
}

/* From a data block up to the root. */
static void check_way_up(uint64_t block)
{
	uint64_t index = block, below = verity.data_blocks;

	for (unsigned level = 0; level < verity.levels; level++) {
		uint64_t over = verity_over(&verity, level, block), parent, begin, end;
		unsigned at;
		bool has_parent = verity_parent(&verity, over, &parent, &at);

		MUST(over < verity.hash_blocks && verity_level(&verity, over) == level, "level %u", level);
		verity_below(&verity, over, &begin, &end);
		MUST(begin <= block && block < end && end <= verity.data_blocks,
		     "%" PRIu64 " not in %" PRIu64 "-%" PRIu64, block, begin, end);
		MUST(verity_over(&verity, level, begin) == over &&
			     verity_over(&verity, level, end - 1) == over,
		     "what is below is not under it");
		MUST(begin == 0 || verity_over(&verity, level, begin - 1) == over - 1, "a gap before");
		MUST(end == verity.data_blocks || verity_over(&verity, level, end) == over + 1,
		     "a gap behind");
		index /= VERITY_FANOUT;
		check_digests(over, below - index * VERITY_FANOUT);
		below = verity.count[level];
		MUST(has_parent == (level + 1 < verity.levels), "a parent of level %u", level);
		MUST(!has_parent || (parent == verity_over(&verity, level + 1, block) &&
				     at == index % VERITY_FANOUT),
		     "another parent");
		MUST(has_parent || over == 0, "the top is not the first");
	}
}

static void check_text(void)
{
	char text[VERITY_TEXT_MAX];
	struct verity again;

	verity_format(&verity, text);
	MUST(verity_parse(text, &again), "not parsed: %s", text);
	MUST(memcmp(&verity, &again, sizeof(again)) == 0, "parsed to another: %s", text);
}

static void check(const uint8_t *super, uint64_t off, const char *roothash)
{
	uint64_t last = verity.data_blocks - 1, step = last / 7 + 1;

	check_levels();
	MUST(verity.salt_len <= SHA256_SALT_MAX && verity.salt_len == super[80] + 256u * super[81] &&
		     memcmp(verity.salt, super + 88, verity.salt_len) == 0,
	     "a salt of %zu bytes, or another", verity.salt_len);
	MUST(verity.start >= off + VERITY_SUPER_SIZE && verity.start < off + VERITY_SUPER_SIZE + BLOCK_SIZE,
	     "the hash blocks do not follow the superblock");
	for (uint64_t block = 0; block <= last; block += step)
		check_way_up(block);
	check_way_up(last);
	check_way_up(last / VERITY_FANOUT * VERITY_FANOUT);
	check_text();
	for (int i = 0; i < SHA256_SIZE; i++) {
		char digits[3];

		snprintf(digits, sizeof(digits), "%02x", verity.root[i]);
		MUST(tolower(roothash[2 * i]) == digits[0] && tolower(roothash[2 * i + 1]) == digits[1],
		     "another root hash");
	}
}

int fuzz_one(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {.at = data, .left = size};
	uint64_t off = fuzz_take(&input, 8);
	size_t len = (size_t)fuzz_take(&input, 1);
	char *roothash, buf[512];
	enum verity_result result;

	if (len > input.left)
		len = input.left;
	roothash = fuzz_text(input.at, len);
	input.at += len;
	input.left -= len;
	result = verity_decode(input.at, input.left, off, roothash, &verity);
	must_be_a_line(verity_explain(result, input.at, input.left, buf, sizeof(buf)));
	MUST((result == VERITY_SHORT) == (input.left < VERITY_SUPER_SIZE), "short or not");
	if (result == VERITY_OK)
		check(input.at, off, roothash);
	free(roothash);
	return 0;
}
