/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "serve/trigger.h"

#define B UINT64_C(4096)

CASE(the_first_one_of_a_range_is_found)
{
	struct triggers triggers;

	triggers_init(&triggers);
	ATF_CHECK(trigger_find(&triggers, 0, UINT64_MAX) == NULL);
	trigger_set(&triggers, 9 * B);
	trigger_set(&triggers, 3 * B);
	trigger_set(&triggers, 5 * B);
	EQ(3 * B, trigger_find(&triggers, 0, 100 * B)->off);
	EQ(5 * B, trigger_find(&triggers, 3 * B + 1, 100 * B)->off);
	EQ(9 * B, trigger_find(&triggers, 9 * B, 9 * B + 1)->off);
	ATF_CHECK(trigger_find(&triggers, 6 * B, 9 * B) == NULL);
	triggers_fini(&triggers);
}

CASE(one_without_its_bytes_is_not_here)
{
	struct triggers triggers;

	triggers_init(&triggers);
	trigger_set(&triggers, 3 * B);
	trigger_set(&triggers, 5 * B);
	EQ(100 * B, trigger_find_here(&triggers, 0, 100 * B));
	trigger_find(&triggers, 5 * B, 6 * B)->is_here = true;
	EQ(5 * B, trigger_find_here(&triggers, 0, 100 * B));
	EQ(5 * B, trigger_find_here(&triggers, 0, 5 * B));
	EQ(100 * B, trigger_find_here(&triggers, 6 * B, 100 * B));
	triggers_fini(&triggers);
}

CASE(of_two_at_one_place_the_newer_one_counts)
{
	struct triggers triggers;
	struct trigger *older;

	triggers_init(&triggers);
	trigger_set(&triggers, B);
	older = trigger_find(&triggers, B, 2 * B);
	trigger_set(&triggers, B);
	ATF_CHECK(trigger_find(&triggers, B, 2 * B) != older);
	trigger_free(&triggers, trigger_find(&triggers, B, 2 * B));
	ATF_CHECK(trigger_find(&triggers, B, 2 * B) == older);
	triggers_fini(&triggers);
}

CASE(the_oldest_one_makes_room)
{
	struct triggers triggers;

	triggers_init(&triggers);
	for (uint64_t i = 0; i <= TRIGGERS_MAX; i++)
		trigger_set(&triggers, i * B);
	EQ((unsigned)TRIGGERS_MAX, triggers.count);
	EQ(B, trigger_find(&triggers, 0, UINT64_MAX)->off);
	triggers_fini(&triggers);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, the_first_one_of_a_range_is_found);
	ATF_TP_ADD_TC(tp, one_without_its_bytes_is_not_here);
	ATF_TP_ADD_TC(tp, of_two_at_one_place_the_newer_one_counts);
	ATF_TP_ADD_TC(tp, the_oldest_one_makes_room);
	return atf_no_error();
}
