/* SPDX-License-Identifier: MIT */
/*
 * Two transfers for one range: who is asked, and whose bytes count.
 */
#include "unit.h"

#include "race_rig.h"

CASE(an_answer_that_comes_is_not_raced)
{
	race_rig_begin(2);
	race_rig_head(0);
	for (int i = 0; i < 9; i++) {
		fake_fetch_body(race_rig_attempt(0), 40000);
		fake_loop_advance(race_rig.loop, 100);
		MUST_EQ(1u, race_rig_flying());
	}
	race_rig_serve(0);
	EQ(BLOB_DONE, race_rig.result);
	EQ(RACE_RIG_LEN, race_rig.at);
	EQ(0u, race_rig.turns);
	race_rig_end(1);
}

CASE(silence_is_raced_at_another_mirror_which_wins_with_its_first_byte)
{
	race_rig_begin(2);
	race_rig_stall();
	EQ('1', race_rig_mirror(1));
	ATF_CHECK(!race_rig_attempt(1)->is_fresh);
	EQ(0u, race_rig_attempt(1)->off);
	race_rig_head(1);
	EQ(0u, race_rig.turns);
	fake_fetch_body(race_rig_attempt(1), 1);
	EQ(1u, race_rig.turns);
	EQ(1u, race_mirror(race_rig.race));
	/* The loser is swept away in the next turn of the loop. */
	fake_loop_advance(race_rig.loop, 0);
	MUST_EQ(1u, race_rig_flying());
	EQ('1', race_rig_mirror(0));
	race_rig_serve(0);
	EQ(BLOB_DONE, race_rig.result);
	EQ(RACE_RIG_LEN, race_rig.at);
	/* Who was silent is not asked first any more. */
	EQ(1u, race_rig.blob.mirrors[0].pace->failures);
	EQ(0u, fake_fetch_distrusts(race_rig.fetch));
	race_rig_end(1);
}

/* All of a short range comes in one turn of the loop. */
CASE(who_was_silent_is_known_when_the_rival_ends_at_once)
{
	race_rig_begin(2);
	race_rig_stall();
	race_rig_serve(1);
	EQ(BLOB_DONE, race_rig.result);
	EQ(1u, race_rig.blob.mirrors[0].pace->failures);
	EQ(PACE_OTHER_LEAST_MS, race_rig.blob.mirrors[0].pace->first_ms);
	race_rig_end(1);
	/* Nothing is known of one that was never beaten. */
	race_rig_begin(2);
	race_rig_stall();
	race_rig_drop();
	EQ(0u, race_rig.blob.mirrors[0].pace->failures + race_rig.blob.mirrors[1].pace->failures);
	race_rig_end(0);
}

CASE(a_stall_is_raced_from_the_block_that_was_reached)
{
	race_rig_begin(2);
	race_rig_head(0);
	fake_fetch_body(race_rig_attempt(0), 3 * RACE_RIG_BLOCK + 100);
	fake_loop_advance(race_rig.loop, 2 * PACE_OTHER_LEAST_MS);
	MUST_EQ(2u, race_rig_flying());
	EQ(3u * RACE_RIG_BLOCK, race_rig_attempt(1)->off);
	EQ(RACE_RIG_LEN - 3u * RACE_RIG_BLOCK, race_rig_attempt(1)->len);
	race_rig_serve(1);
	EQ(BLOB_DONE, race_rig.result);
	EQ(RACE_RIG_LEN, race_rig.at);
	race_rig_end(1);
}

CASE_ABOUT(a_drip_is_a_stall, "a byte a second is no silence, and would take days")
{
	race_rig_begin(2);
	race_rig_head(0);
	for (int i = 0; i < 10 && race_rig_flying() == 1; i++) {
		fake_fetch_body(race_rig_attempt(0), 20);
		fake_loop_advance(race_rig.loop, 100);
	}
	MUST_EQ(2u, race_rig_flying());
	/* It goes on dripping, and wins nothing by it. */
	race_rig_head(1);
	fake_fetch_body(race_rig_attempt(0), 20);
	race_rig_serve(1);
	EQ(BLOB_DONE, race_rig.result);
	EQ(1u, race_rig.turns);
	race_rig_end(1);
}

CASE(a_drip_of_a_lone_server_is_asked_for_again)
{
	race_rig_begin(1);
	race_rig_head(0);
	for (int i = 0; i < 30 && race_rig_flying() == 1; i++) {
		fake_fetch_body(race_rig_attempt(0), 20);
		fake_loop_advance(race_rig.loop, 100);
	}
	MUST_EQ(2u, race_rig_flying());
	race_rig_end(0);
	/* A slow line is no drip. */
	race_rig_begin(1);
	race_rig_head(0);
	for (int i = 0; i < 100; i++) {
		fake_fetch_body(race_rig_attempt(0), 200);
		fake_loop_advance(race_rig.loop, 100);
		MUST_EQ(1u, race_rig_flying());
	}
	race_rig_end(0);
}

CASE_ABOUT(a_transfer_that_crawls_is_asked_for_again, "where the same server is otherwise fast")
{
	static const struct {
		uint32_t rate, step; /* the server's, bytes a ms; of the transfer, bytes in 100 ms */
		unsigned flying;
	} rows[] = {{4000, 300, 2}, {4000, 1700, 1}, {400, 300, 2}, {400, 700, 1}, {0, 300, 1}};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		race_rig_begin(1);
		race_rig.blob.mirrors[0].pace->rate = rows[i].rate;
		race_rig_head(0);
		for (int k = 0; k < 30 && race_rig_flying() == 1; k++) {
			fake_fetch_body(race_rig_attempt(0), rows[i].step);
			fake_loop_advance(race_rig.loop, 100);
		}
		EQ(rows[i].flying, race_rig_flying());
		race_rig_end(0);
	}
}

CASE(a_leader_that_is_well_again_wins)
{
	race_rig_begin(2);
	race_rig_stall();
	race_rig_head(0);
	fake_fetch_body(race_rig_attempt(0), RACE_REVIVED);
	/* Bytes of the loser are not used. */
	race_rig_head(1);
	fake_fetch_body(race_rig_attempt(1), 1);
	fake_loop_advance(race_rig.loop, 0);
	MUST_EQ(1u, race_rig_flying());
	EQ('0', race_rig_mirror(0));
	race_rig_serve(0);
	EQ(BLOB_DONE, race_rig.result);
	EQ(RACE_RIG_LEN, race_rig.at);
	EQ(0u, race_rig.turns);
	EQ(0u, race_rig.blob.mirrors[1].pace->failures);
	race_rig_end(1);
}

CASE(a_rival_catches_up_with_what_the_leader_has_brought_meanwhile)
{
	race_rig_begin(2);
	race_rig_stall();
	race_rig_head(0);
	fake_fetch_body(race_rig_attempt(0), 10000);
	race_rig_head(1);
	fake_fetch_body(race_rig_attempt(1), 8000);
	EQ(0u, race_rig.turns);
	fake_fetch_body(race_rig_attempt(1), 1000);
	EQ(1u, race_rig.turns);
	EQ(9000u, race_rig.at);
	fake_loop_advance(race_rig.loop, 0);
	race_rig_serve(0);
	EQ(RACE_RIG_LEN, race_rig.at);
	race_rig_end(1);
}

CASE(bytes_of_a_loser_that_is_not_swept_yet_are_not_used)
{
	race_rig_begin(2);
	race_rig_stall();
	race_rig_head(1);
	fake_fetch_body(race_rig_attempt(1), 1);
	EQ(1u, race_rig.turns);
	race_rig_head(0);
	fake_fetch_body(race_rig_attempt(0), 50000);
	EQ(1u, race_rig.turns);
	EQ(1u, race_rig.at);
	MUST_EQ(1u, race_rig_flying());
	race_rig_serve(0);
	EQ(BLOB_DONE, race_rig.result);
	EQ(RACE_RIG_LEN, race_rig.at);
	race_rig_end(1);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, an_answer_that_comes_is_not_raced);
	ATF_TP_ADD_TC(tp, silence_is_raced_at_another_mirror_which_wins_with_its_first_byte);
	ATF_TP_ADD_TC(tp, who_was_silent_is_known_when_the_rival_ends_at_once);
	ATF_TP_ADD_TC(tp, a_stall_is_raced_from_the_block_that_was_reached);
	ATF_TP_ADD_TC(tp, a_drip_is_a_stall);
	ATF_TP_ADD_TC(tp, a_drip_of_a_lone_server_is_asked_for_again);
	ATF_TP_ADD_TC(tp, a_transfer_that_crawls_is_asked_for_again);
	ATF_TP_ADD_TC(tp, a_leader_that_is_well_again_wins);
	ATF_TP_ADD_TC(tp, a_rival_catches_up_with_what_the_leader_has_brought_meanwhile);
	ATF_TP_ADD_TC(tp, bytes_of_a_loser_that_is_not_swept_yet_are_not_used);
	return atf_no_error();
}
