/* SPDX-License-Identifier: MIT */
/*
 * A set of blocks against an array with a byte for each of them.
 *
 * Input: 4 bytes for the number of blocks, then operations: a byte, and two numbers.
 */
#include "fuzz.h"

#include "store/blockset.h"

#include <errno.h>

/* A page of the set, and some of the next. */
enum { BLOCKS_MAX = 33001 };

static bool model[BLOCKS_MAX];

static uint64_t model_next(uint64_t from, uint64_t end, uint64_t count, bool is_marked)
{
	for (uint64_t at = from; at < end; at++)
		if ((at < count && model[at]) == is_marked)
			return at;
	return end;
}

static void mark(struct blockset *set, uint64_t first, uint64_t end)
{
	MUST(blockset_mark(set, first, end) == 0, "out of memory");
	for (uint64_t at = first; at < end && at < set->block_count; at++)
		model[at] = true;
}

static void clear(struct blockset *set, uint64_t block)
{
	blockset_clear(set, block);
	if (block < set->block_count)
		model[block] = false;
}

int fuzz_one(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {.at = data, .left = size};
	uint64_t count = fuzz_take(&input, 4) % BLOCKS_MAX, marked = 0;
	struct blockset set;

	MUST(blockset_init(&set, (UINT64_C(1) << 32) + 1) == -EFBIG, "a set without limits");
	MUST(blockset_init(&set, count) == 0, "out of memory");
	memset(model, 0, count);
	for (int steps = 0; input.left > 0 && steps < 60; steps++) {
		unsigned what = (unsigned)fuzz_take(&input, 1);
		uint64_t from = fuzz_take_number(&input, 3), len = fuzz_take_number(&input, 2);
		/* Nobody asks for blocks that lie beyond a file's last one by far. */
		uint64_t end = (from + len) % (BLOCKS_MAX + 500);
		bool is_marked = what & 1;

		if (what % 4 == 0)
			mark(&set, from, from + len);
		else if (what % 8 == 6)
			clear(&set, from);
		else if (from <= end)
			MUST(blockset_next(&set, from, end, is_marked) ==
				     model_next(from, end, count, is_marked),
			     "from %" PRIu64 " to %" PRIu64 ", marked %d", from, end, is_marked);
		MUST(blockset_has(&set, from) == (from < count && model[from]), "block %" PRIu64, from);
	}
	for (uint64_t at = 0; at < count; at++)
		marked += model[at];
	MUST(set.marked_count == marked, "%" PRIu64 " instead of %" PRIu64, set.marked_count, marked);
	blockset_fini(&set);
	return 0;
}
