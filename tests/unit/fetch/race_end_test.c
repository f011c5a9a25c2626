/* SPDX-License-Identifier: MIT */
/*
 * Two transfers for one range: failures, bounds, and what is left when it ends.
 */
#include "unit.h"

#include "race_rig.h"

CASE(when_the_leader_fails_the_rival_goes_on_alone)
{
	race_rig_begin(2);
	race_rig_head(0);
	fake_fetch_body(race_rig_attempt(0), 5000);
	fake_loop_advance(race_rig.loop, 2 * PACE_OTHER_LEAST_MS);
	MUST_EQ(2u, race_rig_flying());
	fake_fetch_end(race_rig_attempt(0), "reset");
	EQ(0u, race_rig.dones);
	EQ(1u, race_rig.turns);
	EQ(1u, race_mirror(race_rig.race));
	EQ(4096u, race_rig.at);
	race_rig_serve(0);
	EQ(BLOB_DONE, race_rig.result);
	EQ(RACE_RIG_LEN, race_rig.at);
	race_rig_end(1);
}

CASE(when_the_rival_fails_the_leader_goes_on_and_another_rival_comes_later)
{
	race_rig_begin(3);
	race_rig_stall();
	EQ('1', race_rig_mirror(1));
	fake_fetch_status(race_rig_attempt(1), 404);
	EQ(0u, race_rig.dones);
	EQ(1u, race_rig_flying());
	for (int i = 0; i < 40 && race_rig_flying() == 1; i++)
		fake_loop_advance(race_rig.loop, 100);
	EQ('2', race_rig_mirror(1));
	race_rig_serve(1);
	EQ(BLOB_DONE, race_rig.result);
	race_rig_end(1);
}

CASE(a_rival_that_is_no_better_gives_its_place_to_a_third)
{
	race_rig_begin(3);
	race_rig_stall();
	EQ('1', race_rig_mirror(1));
	for (int i = 0; i < 40 && race_rig_mirror(1) == '1'; i++)
		fake_loop_advance(race_rig.loop, 100);
	MUST_EQ(2u, race_rig_flying());
	EQ('2', race_rig_mirror(1));
	race_rig_serve(1);
	EQ(BLOB_DONE, race_rig.result);
	race_rig_end(1);
}

CASE(when_both_fail_the_race_has_failed_once)
{
	race_rig_begin(2);
	race_rig_stall();
	fake_fetch_end(race_rig_attempt(1), "no connection");
	fake_fetch_end(race_rig_attempt(0), "reset");
	EQ(BLOB_AGAIN, race_rig.result);
	ATF_CHECK_STREQ("reset", race_rig.why);
	race_rig_end(1);
	race_rig_begin(2);
	race_rig_stall();
	fake_fetch_end(race_rig_attempt(0), "reset");
	fake_fetch_end(race_rig_attempt(0), "no connection");
	EQ(BLOB_AGAIN, race_rig.result);
	ATF_CHECK_STREQ("no connection", race_rig.why);
	race_rig_end(1);
}

CASE_ABOUT(a_lone_mirror_is_asked_again_over_a_new_connection,
	   "our address may have changed, or its; then what was kept is of no use for others either")
{
	race_rig_begin(1);
	race_rig_stall();
	EQ('0', race_rig_mirror(1));
	ATF_CHECK(race_rig_attempt(1)->is_fresh && !race_rig_attempt(0)->is_fresh);
	race_rig_serve(1);
	EQ(BLOB_DONE, race_rig.result);
	EQ(1u, fake_fetch_distrusts(race_rig.fetch));
	race_rig_end(1);
}

CASE(a_lone_mirror_that_says_nothing_to_either_has_failed)
{
	race_rig_begin(1);
	race_rig_stall();
	fake_fetch_end(race_rig_attempt(0), "silent");
	EQ(BLOB_AGAIN, race_rig.result);
	race_rig_end(1);
	/* With an answer on its way the rival goes on. */
	race_rig_begin(1);
	race_rig_head(0);
	fake_fetch_body(race_rig_attempt(0), 5000);
	fake_loop_advance(race_rig.loop, 2 * PACE_SAME_LEAST_MS);
	race_rig_head(1);
	fake_fetch_body(race_rig_attempt(1), 900);
	fake_fetch_end(race_rig_attempt(0), "silent");
	race_rig_serve(0);
	EQ(BLOB_DONE, race_rig.result);
	EQ(RACE_RIG_LEN, race_rig.at);
	race_rig_end(1);
}

CASE(what_nobody_waits_for_is_not_raced)
{
	race_rig_begin(2);
	race_rig.is_wanted = false;
	fake_loop_advance(race_rig.loop, 60000);
	EQ(1u, race_rig_flying());
	/* Until somebody does. */
	race_rig.is_wanted = true;
	fake_loop_advance(race_rig.loop, PACE_OTHER_LEAST_MS);
	EQ(2u, race_rig_flying());
	race_rig_end(0);
}

CASE(an_end_in_each_state_leaves_nothing)
{
	/* Alone. */
	race_rig_begin(2);
	race_rig_end(0);
	/* With a rival that is silent, that has a head, that has won and not swept the loser. */
	for (int state = 0; state < 3; state++) {
		race_rig_begin(2);
		race_rig_stall();
		if (state > 0)
			race_rig_head(1);
		if (state > 1)
			fake_fetch_body(race_rig_attempt(1), 1);
		race_rig_end(0);
	}
	/* With a rival that has lost and is not swept. */
	race_rig_begin(2);
	race_rig_stall();
	race_rig_head(0);
	fake_fetch_body(race_rig_attempt(0), RACE_REVIVED);
	race_rig_end(0);
}

CASE(a_refusal_of_the_owner_ends_both)
{
	race_rig_begin(2);
	race_rig_stall();
	race_rig.is_deaf = true;
	race_rig_head(0);
	fake_fetch_body(race_rig_attempt(0), 1);
	EQ(BLOB_REFUSED, race_rig.result);
	race_rig_end(1);
	/* Also of the first byte that wins; the loser is not cancelled from inside it, but at the end. */
	race_rig_begin(2);
	race_rig_stall();
	race_rig.is_deaf = true;
	race_rig_head(1);
	fake_fetch_body(race_rig_attempt(1), 1);
	EQ(BLOB_REFUSED, race_rig.result);
	race_rig_end(1);
}

CASE_ABOUT(patience_grows, "or a slow line would be asked for everything again and again")
{
	uint64_t begun;

	race_rig_begin(1);
	begun = fake_fetch_begun(race_rig.fetch);
	fake_loop_advance(race_rig.loop, 60000);
	ATF_CHECK_MSG(fake_fetch_begun(race_rig.fetch) - begun <= 6, "%" PRIu64,
		      fake_fetch_begun(race_rig.fetch) - begun);
	ATF_CHECK(fake_fetch_begun(race_rig.fetch) - begun >= 3);
	race_rig_end(0);
}

CASE(so_many_are_raced_at_once_and_no_more)
{
	race_rig_begin(2);
	race_rig.blob.rivals = BLOB_RIVALS_MAX;
	fake_loop_advance(race_rig.loop, 5000);
	EQ(1u, race_rig_flying());
	race_rig.blob.rivals = 0;
	race_rig_end(0);
}

CASE(a_mirror_much_slower_than_another_is_left)
{
	race_rig_begin(2);
	*race_rig.blob.mirrors[1].pace = (struct pace){.is_measured = true, .first_ms = 5, .rate = 8000};
	race_rig_head(0);
	/* 64 kB/s. */
	for (int i = 0; i < 20 && race_rig_flying() == 1; i++) {
		fake_fetch_body(race_rig_attempt(0), 3200);
		fake_loop_advance(race_rig.loop, 50);
	}
	MUST_EQ(2u, race_rig_flying());
	race_rig_end(0);
	/* Where others bring much from the same mirror it is a busy line. */
	race_rig_begin(2);
	*race_rig.blob.mirrors[1].pace = (struct pace){.is_measured = true, .first_ms = 5, .rate = 8000};
	race_rig_head(0);
	for (int i = 0; i < 20; i++) {
		fake_fetch_body(race_rig_attempt(0), 3200);
		race_rig.blob.mirrors[0].pace->bytes += 100000;
		fake_loop_advance(race_rig.loop, 50);
		MUST_EQ(1u, race_rig_flying());
	}
	race_rig_end(0);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, when_the_leader_fails_the_rival_goes_on_alone);
	ATF_TP_ADD_TC(tp, when_the_rival_fails_the_leader_goes_on_and_another_rival_comes_later);
	ATF_TP_ADD_TC(tp, a_rival_that_is_no_better_gives_its_place_to_a_third);
	ATF_TP_ADD_TC(tp, when_both_fail_the_race_has_failed_once);
	ATF_TP_ADD_TC(tp, a_lone_mirror_is_asked_again_over_a_new_connection);
	ATF_TP_ADD_TC(tp, a_lone_mirror_that_says_nothing_to_either_has_failed);
	ATF_TP_ADD_TC(tp, what_nobody_waits_for_is_not_raced);
	ATF_TP_ADD_TC(tp, an_end_in_each_state_leaves_nothing);
	ATF_TP_ADD_TC(tp, a_refusal_of_the_owner_ends_both);
	ATF_TP_ADD_TC(tp, patience_grows);
	ATF_TP_ADD_TC(tp, so_many_are_raced_at_once_and_no_more);
	ATF_TP_ADD_TC(tp, a_mirror_much_slower_than_another_is_left);
	return atf_no_error();
}
