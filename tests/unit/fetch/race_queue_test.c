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

/* The nth on the wire waits for its turn, so long. */
static void wait_for_turn(unsigned n, uint64_t ms)
{
	struct fetch_transfer *transfer = race_rig_attempt(n);

	transfer->is_waiting = true;
	for (; ms > 0; ms -= 10) {
		transfer->waited_ms += 10;
		fake_loop_advance(race_rig.loop, 10);
	}
	transfer->is_waiting = false;
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

/* The second mirror serves, and the first one is none the worse for it. */
static void second_serves_and_first_is_not_blamed(void)
{
	race_rig_serve(1);
	EQ(BLOB_DONE, race_rig.result);
	EQ(0u, pace_of(0)->failures);
	EQ(0u, pace_of(0)->is_measured);
	EQ(0u, fake_fetch_distrusts(race_rig.fetch));
	race_rig_end(1);
}

CASE(what_waits_at_one_mirror_is_fetched_from_another_and_neither_is_blamed)
{
	race_rig_begin(2);
	race_rig_attempt(0)->is_waiting = true;
	race_rig_stall();
	EQ('1', race_rig_mirror(1));
	second_serves_and_first_is_not_blamed();
}

CASE(a_second_one_would_only_wait_behind_it_at_the_only_server)
{
	race_rig_begin(1);
	wait_for_turn(0, 60000);
	EQ(1u, race_rig_flying());
	/* From now on the server has its time, all of it. */
	fake_loop_advance(race_rig.loop, PACE_SAME_LEAST_MS - 1);
	EQ(1u, race_rig_flying());
	race_rig_head(0);
	fake_fetch_body(race_rig_attempt(0), 1000);
	EQ((unsigned)PACE_SAME_LEAST_MS - 1, pace_of(0)->first_ms);
	fake_loop_advance(race_rig.loop, PACE_SAME_MOST_MS);
	EQ(2u, race_rig_flying());
	race_rig_end(0);
}

/* A part of 40000 bytes of the range: its first byte takes first_ms, the rest 10 ms. */
static void send_part(uint64_t first_ms)
{
	struct fetch_transfer *transfer = race_rig_attempt(0);
	char lines[128];

	snprintf(lines, sizeof(lines), "HTTP/1.1 206 x\nContent-Range: bytes %" PRIu64 "-%" PRIu64 "/%d\n",
		 transfer->off, transfer->off + 39999, (int)RACE_RIG_SIZE);
	fake_loop_advance(race_rig.loop, first_ms);
	fake_fetch_head(transfer, lines);
	fake_fetch_body(transfer, 1);
	fake_loop_advance(race_rig.loop, 10);
	fake_fetch_body(transfer, 39999);
	fake_fetch_end(transfer, NULL);
}

CASE_ABOUT(a_transfer_of_several_requests_is_measured_without_the_waits_of_any,
	   "a server that sends a part at a time")
{
	race_rig_begin(1);
	for (int i = 0; i < 10; i++) {
		wait_for_turn(0, 500);
		send_part(40);
	}
	EQ(BLOB_DONE, race_rig.result);
	EQ(40u, pace_of(0)->first_ms);
	/* Of 40000 bytes in 50 ms, 10 for the first. */
	ATF_CHECK_MSG(pace_of(0)->rate > 700 && pace_of(0)->rate < 900, "%u", pace_of(0)->rate);
	race_rig_end(1);
}

CASE(a_transfer_that_waits_between_its_requests_is_not_slow)
{
	race_rig_begin(1);
	wait_for_turn(0, 1500);
	send_part(20);
	wait_for_turn(0, 1950);
	/* Now it has its time, all of it and no more. */
	fake_loop_advance(race_rig.loop, PACE_SAME_LEAST_MS - 1);
	EQ(1u, race_rig_flying());
	fake_loop_advance(race_rig.loop, 1);
	EQ(2u, race_rig_flying());
	race_rig_end(0);
}

CASE(a_rival_that_had_to_wait_gets_its_time)
{
	race_rig_begin(2);
	race_rig_stall();
	/* The second of two has twice the time of the first. */
	wait_for_turn(1, 2 * PACE_OTHER_LEAST_MS - 50);
	fake_loop_advance(race_rig.loop, 2 * PACE_OTHER_LEAST_MS - 1);
	MUST_EQ(2u, race_rig_flying());
	EQ(0u, pace_of(1)->failures);
	EQ('1', race_rig_mirror(1));
	race_rig_serve(1);
	EQ(BLOB_DONE, race_rig.result);
	EQ(2u * PACE_OTHER_LEAST_MS - 1, pace_of(1)->first_ms);
	race_rig_end(1);
}

CASE(who_was_asked_only_when_another_had_answered_is_not_blamed)
{
	race_rig_begin(2);
	race_rig_attempt(0)->is_waiting = true;
	race_rig_stall();
	race_rig_attempt(0)->waited_ms = PACE_OTHER_LEAST_MS;
	race_rig_attempt(0)->is_waiting = false;
	fake_loop_advance(race_rig.loop, 20);
	second_serves_and_first_is_not_blamed();
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
	ATF_TP_ADD_TC(tp, a_transfer_of_several_requests_is_measured_without_the_waits_of_any);
	ATF_TP_ADD_TC(tp, a_transfer_that_waits_between_its_requests_is_not_slow);
	ATF_TP_ADD_TC(tp, a_rival_that_had_to_wait_gets_its_time);
	ATF_TP_ADD_TC(tp, who_was_asked_only_when_another_had_answered_is_not_blamed);
	ATF_TP_ADD_TC(tp, a_mirror_with_a_long_queue_is_left_out_as_long_as_another_has_none);
	return atf_no_error();
}
