/* SPDX-License-Identifier: MIT */
/* What is kept, and where, by a verdict that the test gives: no byte is kept that is not proven. */
#include "unit.h"

#include "present_rig.h"

#include <errno.h>

CASE(what_is_proven_is_kept_and_the_rest_is_named)
{
	static const struct {
		enum hashes_verdict behind;
		int err;
	} kinds[] = {{HASHES_UNKNOWN, -EAGAIN}, {HASHES_WRONG, -EBADMSG}};
	uint64_t took;

	for (unsigned i = 0; i < 2; i++) {
		present_rig_begin(5, kinds[i].behind);
		EQ(kinds[i].err, present_rig_land(0, 10, &took));
		EQ(5u, took);
		ATF_CHECK(present_has(&rig.present, 0, 5 * B) && !present_has(&rig.present, 0, 6 * B));
		EQ(kinds[i].err, present_rig_land(5, 10, &took));
		EQ(0u, took);
		rig.proven_end = 10;
		EQ(0, present_rig_land(5, 10, &took));
		EQ(5u, took);
		present_fini(&rig.present);
	}
}

CASE(a_store_that_fails_keeps_nothing)
{
	uint64_t took;

	present_rig_begin(PRESENT_RIG_BLOCKS, HASHES_WRONG);
	rig.store_error = -ENOSPC;
	EQ(-ENOSPC, present_rig_land(0, 10, &took));
	EQ(0u, took);
	EQ(0u, rig.present.blocks.marked_count);
	present_fini(&rig.present);
}

CASE(blocks_that_cannot_be_marked_are_not_present)
{
	uint64_t took;

	present_rig_begin(PRESENT_RIG_BLOCKS, HASHES_WRONG);
	rig.mark_error = -ENOMEM;
	EQ(0, present_rig_land(0, 10, &took));
	EQ(10u, took);
	EQ(0u, present_missing(&rig.present, 0, 10 * B));
	/* The verdict on the next block is not lost with them. */
	rig.proven_end = 15;
	EQ(-EBADMSG, present_rig_land(10, 20, &took));
	EQ(5u, took);
	present_fini(&rig.present);
}

CASE(a_trigger_is_kept_in_memory_until_it_is_released)
{
	uint64_t took, last;

	present_rig_begin(PRESENT_RIG_BLOCKS, HASHES_WRONG);
	trigger_set(&rig.present.triggers, 4 * B);
	memset(rig.bytes + 4 * B, 0x44, B);
	EQ(0, present_rig_land(0, 10, &took));
	EQ(10u, took);
	ATF_CHECK(rig.in_store[3] && !rig.in_store[4] && rig.in_store[5]);
	ATF_CHECK(!present_has(&rig.present, 0, 10 * B));
	EQ(10 * B, present_missing(&rig.present, 0, 10 * B));
	EQ(4 * B, present_hole_end(&rig.present, 4 * B, 10 * B));
	EQ(0x44, trigger_find(&rig.present.triggers, 0, 10 * B)->bytes[4095]);
	ATF_CHECK(present_release(&rig.present, 0, 10 * B, &last));
	EQ(4 * B, last);
	ATF_CHECK(rig.in_store[4] && present_has(&rig.present, 0, 10 * B));
	ATF_CHECK(!present_release(&rig.present, 0, 10 * B, &last));
	present_fini(&rig.present);
}

CASE(a_trigger_is_proven_too)
{
	uint64_t took, last;

	present_rig_begin(4, HASHES_WRONG);
	trigger_set(&rig.present.triggers, 4 * B);
	EQ(-EBADMSG, present_rig_land(0, 10, &took));
	EQ(4u, took);
	EQ(4 * B, present_missing(&rig.present, 0, 10 * B));
	/* It has not come: no trigger any more, and nothing to keep. */
	ATF_CHECK(present_release(&rig.present, 0, 10 * B, &last));
	ATF_CHECK(!rig.in_store[4]);
	present_fini(&rig.present);
}

CASE(what_an_earlier_engine_stored_is_taken_and_the_head_kept_beside_it)
{
	present_rig_begin(PRESENT_RIG_BLOCKS, HASHES_WRONG);
	present_give_head(&rig.present, rig.bytes, 3 * B + 100);
	rig.old_start = 5 * B - 1000;
	rig.old_end = 8 * B + 1000;
	present_adopt(&rig.present);
	/* Whole blocks only, of both. */
	ATF_CHECK(rig.in_store[0] && rig.in_store[2] && !rig.in_store[3]);
	ATF_CHECK(!blockset_has(&rig.present.blocks, 4) && blockset_has(&rig.present.blocks, 5) &&
		  blockset_has(&rig.present.blocks, 7) && !blockset_has(&rig.present.blocks, 8));
	ATF_CHECK(!rig.in_store[5]);
	present_fini(&rig.present);
}

CASE(a_head_that_is_not_proven_is_dropped)
{
	present_rig_begin(0, HASHES_WRONG);
	present_give_head(&rig.present, rig.bytes, 3 * B);
	present_adopt(&rig.present);
	EQ(0u, rig.present.blocks.marked_count);
	present_fini(&rig.present);
}

CASE(a_hole_ends_where_blocks_or_the_blob_do)
{
	uint64_t took;

	present_rig_begin(PRESENT_RIG_BLOCKS, HASHES_WRONG);
	rig.present.size = PRESENT_RIG_BLOCKS * B - 1000;
	EQ(0, present_rig_land(20, 21, &took));
	EQ(20 * B, present_hole_end(&rig.present, 3 * B, PRESENT_RIG_BLOCKS * B));
	EQ(10 * B, present_hole_end(&rig.present, 3 * B, 10 * B));
	EQ(PRESENT_RIG_BLOCKS * B - 1000, present_hole_end(&rig.present, 30 * B, PRESENT_RIG_BLOCKS * B));
	present_fini(&rig.present);
}

CASE(pieces_are_those_of_the_store)
{
	struct iovec pieces[3];

	present_rig_begin(PRESENT_RIG_BLOCKS, HASHES_WRONG);
	EQ(3u, present_pieces(&rig.present, 5, 5 * B + 1, pieces, 3));
	present_fini(&rig.present);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, what_is_proven_is_kept_and_the_rest_is_named);
	ATF_TP_ADD_TC(tp, a_store_that_fails_keeps_nothing);
	ATF_TP_ADD_TC(tp, blocks_that_cannot_be_marked_are_not_present);
	ATF_TP_ADD_TC(tp, a_trigger_is_kept_in_memory_until_it_is_released);
	ATF_TP_ADD_TC(tp, a_trigger_is_proven_too);
	ATF_TP_ADD_TC(tp, what_an_earlier_engine_stored_is_taken_and_the_head_kept_beside_it);
	ATF_TP_ADD_TC(tp, a_head_that_is_not_proven_is_dropped);
	ATF_TP_ADD_TC(tp, a_hole_ends_where_blocks_or_the_blob_do);
	ATF_TP_ADD_TC(tp, pieces_are_those_of_the_store);
	return atf_no_error();
}
