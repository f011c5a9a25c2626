/* SPDX-License-Identifier: MIT */
/* The same as present_test in a store in memory: the kernel takes blocks out of it, and a later engine finds what was kept. */
#include "unit.h"

#include "present_rig.h"

#include <errno.h>

CASE(what_the_kernel_has_is_gone_from_a_store_that_does_not_last)
{
	uint64_t took;

	for (int lasts = 0; lasts < 2; lasts++) {
		present_rig_begin(PRESENT_RIG_BLOCKS, HASHES_WRONG);
		rig.does_last = lasts;
		EQ(0, present_rig_land(0, 10, &took));
		present_taken(&rig.present, 3 * B, 5 * B);
		EQ(lasts, rig.in_store[3]);
		EQ(lasts, rig.in_store[4]);
		EQ(lasts, present_has(&rig.present, 3 * B, 5 * B));
		EQ(lasts ? 10u : 8u, rig.present.blocks.marked_count);
		ATF_CHECK(present_has(&rig.present, 0, 3 * B) && present_has(&rig.present, 5 * B, 10 * B));
		present_fini(&rig.present);
	}
}

CASE(what_the_store_has_given_up_is_missing_and_nothing_beside_it)
{
	uint64_t took;

	present_rig_begin(PRESENT_RIG_BLOCKS, HASHES_WRONG);
	rig.does_last = false;
	EQ(0, present_rig_land(0, 10, &took));
	present_lost(&rig.present, 4);
	EQ(4 * B, present_missing(&rig.present, 0, 10 * B));
	EQ(5 * B, present_hole_end(&rig.present, 4 * B, 10 * B));
	EQ(9u, rig.present.blocks.marked_count);
	present_fini(&rig.present);
}

CASE_ABOUT(where_blocks_do_not_last_each_is_marked_before_the_next_is_written,
	   "it may have to give its place to that one")
{
	uint64_t took;

	present_rig_begin(PRESENT_RIG_BLOCKS, HASHES_WRONG);
	EQ(0, present_rig_land(0, 10, &took));
	EQ(1u, rig.writes);
	present_fini(&rig.present);
	present_rig_begin(PRESENT_RIG_BLOCKS, HASHES_WRONG);
	rig.does_last = false;
	EQ(0, present_rig_land(0, 10, &took));
	EQ(10u, took);
	EQ(10u, rig.writes);
	rig.store_error = -ENOSPC;
	rig.store_error_off = 14 * B;
	EQ(-ENOSPC, present_rig_land(10, 20, &took));
	EQ(4u, took);
	EQ(14u, rig.present.blocks.marked_count);
	ATF_CHECK(present_has(&rig.present, 0, 14 * B) && !present_has(&rig.present, 14 * B, 15 * B));
	present_fini(&rig.present);
}

CASE(what_an_earlier_engine_kept_is_here_once_it_is_proven)
{
	present_rig_begin_after(3, 8, 5, HASHES_WRONG);
	present_settle(&rig.present, 0, 4 * B);
	ATF_CHECK(present_has(&rig.present, 3 * B, 4 * B) && !present_has(&rig.present, 4 * B, 5 * B));
	present_settle(&rig.present, 0, PRESENT_RIG_BLOCKS * B);
	ATF_CHECK(present_has(&rig.present, 3 * B, 5 * B));
	EQ(2u, rig.present.blocks.marked_count);
	/* What is wrong is forgotten. */
	ATF_CHECK(rig.is_kept[4] && !rig.is_kept[5] && !rig.is_kept[7]);
	EQ(0u, rig.present.claims.marked_count);
	EQ(0u, rig.writes);
	present_fini(&rig.present);
}

CASE(what_an_earlier_engine_kept_and_cannot_be_proven_yet_is_missing_and_stays)
{
	present_rig_begin_after(3, 8, 5, HASHES_UNKNOWN);
	present_settle(&rig.present, 0, PRESENT_RIG_BLOCKS * B);
	EQ(5 * B, present_missing(&rig.present, 3 * B, 8 * B));
	ATF_CHECK(rig.is_kept[5] && rig.is_kept[7]);
	rig.mark_error = -ENOMEM;
	rig.proven_end = 6;
	present_settle(&rig.present, 0, 6 * B);
	EQ(5 * B, present_missing(&rig.present, 3 * B, 8 * B));
	rig.mark_error = 0;
	present_settle(&rig.present, 0, 6 * B);
	EQ(6 * B, present_missing(&rig.present, 3 * B, 8 * B));
	present_fini(&rig.present);
}

CASE(what_is_fetched_takes_the_place_of_what_an_earlier_engine_kept)
{
	uint64_t took;

	present_rig_begin_after(3, 8, PRESENT_RIG_BLOCKS, HASHES_WRONG);
	EQ(0, present_rig_land(5, 7, &took));
	EQ(3u, rig.present.claims.marked_count);
	ATF_CHECK(!blockset_has(&rig.present.claims, 5) && !blockset_has(&rig.present.claims, 6) &&
		  blockset_has(&rig.present.claims, 7));
	/* The kernel has them, and they stay. */
	present_taken(&rig.present, 5 * B, 7 * B);
	ATF_CHECK(present_has(&rig.present, 5 * B, 7 * B));
	present_fini(&rig.present);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, what_the_kernel_has_is_gone_from_a_store_that_does_not_last);
	ATF_TP_ADD_TC(tp, what_the_store_has_given_up_is_missing_and_nothing_beside_it);
	ATF_TP_ADD_TC(tp, where_blocks_do_not_last_each_is_marked_before_the_next_is_written);
	ATF_TP_ADD_TC(tp, what_an_earlier_engine_kept_is_here_once_it_is_proven);
	ATF_TP_ADD_TC(tp, what_an_earlier_engine_kept_and_cannot_be_proven_yet_is_missing_and_stays);
	ATF_TP_ADD_TC(tp, what_is_fetched_takes_the_place_of_what_an_earlier_engine_kept);
	return atf_no_error();
}
