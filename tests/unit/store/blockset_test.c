/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "store/blockset.h"

#include <errno.h>

CASE(a_new_set_has_no_block)
{
	struct blockset set;

	MUST_EQ(0, blockset_init(&set, 100));
	for (uint64_t block = 0; block < 100; block++)
		ATF_CHECK(!blockset_has(&set, block));
	EQ(100u, blockset_next(&set, 0, 100, true));
	EQ(0u, blockset_next(&set, 0, 100, false));
	EQ(0u, set.marked_count);
	blockset_fini(&set);
}

CASE(marks_are_half_open_and_count_once)
{
	struct blockset set;

	MUST_EQ(0, blockset_init(&set, 1000));
	MUST_EQ(0, blockset_mark(&set, 63, 65));
	MUST_EQ(0, blockset_mark(&set, 64, 130));
	MUST_EQ(0, blockset_mark(&set, 7, 7));
	EQ(67u, set.marked_count);
	ATF_CHECK(!blockset_has(&set, 62) && blockset_has(&set, 63));
	ATF_CHECK(blockset_has(&set, 129) && !blockset_has(&set, 130));
	ATF_CHECK(!blockset_has(&set, 7));
	EQ(63u, blockset_next(&set, 0, 1000, true));
	EQ(130u, blockset_next(&set, 63, 1000, false));
	EQ(100u, blockset_next(&set, 63, 100, false));
	blockset_fini(&set);
}

CASE(a_mark_beyond_the_end_is_clipped)
{
	struct blockset set;

	MUST_EQ(0, blockset_init(&set, 10));
	MUST_EQ(0, blockset_mark(&set, 8, UINT64_MAX));
	MUST_EQ(0, blockset_mark(&set, UINT64_MAX - 1, UINT64_MAX));
	EQ(2u, set.marked_count);
	ATF_CHECK(!blockset_has(&set, 10) && !blockset_has(&set, UINT64_MAX));
	EQ(10u, blockset_next(&set, 8, 10, false));
	blockset_fini(&set);
}

CASE(an_empty_blob_has_an_empty_set)
{
	struct blockset set;

	MUST_EQ(0, blockset_init(&set, 0));
	MUST_EQ(0, blockset_mark(&set, 0, 1));
	ATF_CHECK(!blockset_has(&set, 0));
	EQ(0u, blockset_next(&set, 0, 0, true));
	blockset_fini(&set);
}

CASE(a_huge_blob_costs_little_and_a_larger_one_is_refused)
{
	uint64_t most = UINT64_C(1) << 32;
	struct blockset set;

	MUST_EQ(0, blockset_init(&set, most));
	MUST_EQ(0, blockset_mark(&set, most - 1, most));
	ATF_CHECK(blockset_has(&set, most - 1) && !blockset_has(&set, most - 2));
	EQ(most - 1, blockset_next(&set, most - 100, most, true));
	blockset_fini(&set);
	EQ(-EFBIG, blockset_init(&set, most + 1));
	blockset_fini(&set);
	EQ(-EFBIG, blockset_init(&set, UINT64_MAX));
	blockset_fini(&set);
}

CASE(a_block_is_cleared_alone_and_counts_once)
{
	struct blockset set;

	MUST_EQ(0, blockset_init(&set, 100000));
	MUST_EQ(0, blockset_mark(&set, 63, 66));
	blockset_clear(&set, 64);
	blockset_clear(&set, 64);
	EQ(2u, set.marked_count);
	ATF_CHECK(blockset_has(&set, 63) && !blockset_has(&set, 64) && blockset_has(&set, 65));
	ATF_CHECK(!blockset_has_all(&set, 63 * 4096, 66 * 4096));
	MUST_EQ(0, blockset_mark(&set, 64, 65));
	EQ(3u, set.marked_count);
	ATF_CHECK(blockset_has_all(&set, 63 * 4096, 66 * 4096));
	blockset_fini(&set);
}

CASE(to_clear_what_is_not_in_the_set_changes_nothing)
{
	struct blockset set;

	MUST_EQ(0, blockset_init(&set, 100000));
	MUST_EQ(0, blockset_mark(&set, 0, 1));
	blockset_clear(&set, 1);
	/* In a part of which nothing was ever marked; behind the end. */
	blockset_clear(&set, 90000);
	blockset_clear(&set, 100000);
	blockset_clear(&set, UINT64_MAX);
	EQ(1u, set.marked_count);
	blockset_clear(&set, 0);
	EQ(0u, set.marked_count);
	EQ(100000u, blockset_next(&set, 0, 100000, true));
	blockset_fini(&set);
}

CASE(it_agrees_with_a_plain_array)
{
	enum { BLOCKS = 70000 };
	static bool plain[BLOCKS];
	struct blockset set;

	srand(1);
	MUST_EQ(0, blockset_init(&set, BLOCKS));
	for (int i = 0; i < 60; i++) {
		uint64_t first = (uint64_t)rand() % BLOCKS, end = first + (uint64_t)rand() % 700;

		MUST_EQ(0, blockset_mark(&set, first, end));
		for (uint64_t block = first; block < end && block < BLOCKS; block++)
			plain[block] = true;
		first = (uint64_t)rand() % BLOCKS;
		blockset_clear(&set, first);
		plain[first] = false;
	}
	for (uint64_t block = 0, next; block < BLOCKS; block = next) {
		next = blockset_next(&set, block, BLOCKS, !plain[block]);
		ATF_REQUIRE(next > block);
		for (uint64_t i = block; i < next; i++)
			ATF_REQUIRE_EQ(plain[block], plain[i]);
		ATF_REQUIRE(next == BLOCKS || plain[next] != plain[block]);
	}
	blockset_fini(&set);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, a_new_set_has_no_block);
	ATF_TP_ADD_TC(tp, marks_are_half_open_and_count_once);
	ATF_TP_ADD_TC(tp, a_mark_beyond_the_end_is_clipped);
	ATF_TP_ADD_TC(tp, an_empty_blob_has_an_empty_set);
	ATF_TP_ADD_TC(tp, a_huge_blob_costs_little_and_a_larger_one_is_refused);
	ATF_TP_ADD_TC(tp, a_block_is_cleared_alone_and_counts_once);
	ATF_TP_ADD_TC(tp, to_clear_what_is_not_in_the_set_changes_nothing);
	ATF_TP_ADD_TC(tp, it_agrees_with_a_plain_array);
	return atf_no_error();
}
