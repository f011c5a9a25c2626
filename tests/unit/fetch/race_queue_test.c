/* SPDX-License-Identifier: MIT */
/*
 * Transfers that wait for their turn at a server (server.h): that time says nothing about the server.
 */
#include "unit.h"

#include "race_rig.h"

static const struct pace *pace_of(unsigned mirror)
{
	return race_rig.blob.mirrors[mirror].pace;
}

CASE(nobody_was_slow_while_the_rival_waited_for_its_turn)
{
	race_rig_begin(2);
	race_rig_stall();
	race_rig_attempt(1)->is_waiting = true;
	/* It gives its place to another one, which waits, too. */
	for (int i = 0; i < 100; i++) {
		fake_loop_advance(race_rig.loop, 100);
		race_rig_attempt(race_rig_flying() - 1)->is_waiting = race_rig_flying() == 2;
	}
	EQ(0u, pace_of(1)->failures);
	EQ(0u, pace_of(1)->is_measured);
	ATF_CHECK(!mirror_is_failing(&race_rig.blob.mirrors[1], loop_now_ms(race_rig.loop)));
	race_rig_end(0);
}

CASE(what_waits_at_one_mirror_is_fetched_from_another_and_neither_is_blamed)
{
	race_rig_begin(2);
	race_rig_attempt(0)->is_waiting = true;
	race_rig_stall();
	EQ('1', race_rig_mirror(1));
	race_rig_serve(1);
	EQ(BLOB_DONE, race_rig.result);
	EQ(0u, pace_of(0)->failures);
	EQ(0u, pace_of(0)->is_measured);
	EQ(0u, fake_fetch_distrusts(race_rig.fetch));
	race_rig_end(1);
}

CASE(a_second_one_would_only_wait_behind_it_at_the_only_server)
{
	race_rig_begin(1);
	race_rig_attempt(0)->is_waiting = true;
	fake_loop_advance(race_rig.loop, 60000);
	EQ(1u, race_rig_flying());
	/* From now on the server has its time, all of it. */
	race_rig_attempt(0)->is_waiting = false;
	race_rig_attempt(0)->waited_ms = 60000;
	fake_loop_advance(race_rig.loop, PACE_SAME_LEAST_MS - 1);
	EQ(1u, race_rig_flying());
	race_rig_head(0);
	fake_fetch_body(race_rig_attempt(0), 1000);
	EQ((unsigned)PACE_SAME_LEAST_MS - 1, pace_of(0)->first_ms);
	fake_loop_advance(race_rig.loop, PACE_SAME_MOST_MS);
	EQ(2u, race_rig_flying());
	race_rig_end(0);
}

CASE(a_mirror_with_a_long_queue_is_left_out_as_long_as_another_has_none)
{
	static const struct blob_events events = {.data = fake_fetch_swallow};
	struct blob_transfer get;

	race_rig_begin(2);
	MUST_EQ(0, blob_get(&race_rig.blob, &get, 0, 4096, 0, &events, NULL));
	EQ('0', race_rig_mirror(1));
	blob_cancel(&get);
	fake_fetch_delay(race_rig.fetch, "http://m0/", 1000);
	MUST_EQ(0, blob_get(&race_rig.blob, &get, 0, 4096, 0, &events, NULL));
	EQ('1', race_rig_mirror(1));
	blob_cancel(&get);
	race_rig_end(0);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, nobody_was_slow_while_the_rival_waited_for_its_turn);
	ATF_TP_ADD_TC(tp, what_waits_at_one_mirror_is_fetched_from_another_and_neither_is_blamed);
	ATF_TP_ADD_TC(tp, a_second_one_would_only_wait_behind_it_at_the_only_server);
	ATF_TP_ADD_TC(tp, a_mirror_with_a_long_queue_is_left_out_as_long_as_another_has_none);
	return atf_no_error();
}
