/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "fake_loop.h"
#include "requests_rig.h"

#include <errno.h>

#define B UINT64_C(4096)

CASE(one_is_answered_with_its_last_block_and_not_before)
{
	uint32_t id;

	requests_rig_begin(0);
	id = requests_rig_add(10, 20);
	requests_rig_serve(15, 20);
	requests_rig_serve(10, 14);
	ATF_CHECK(!requests_rig_is_answered(id));
	fake_loop_advance(rig.pool.loop, 30);
	EQ(0u, rig.served);
	requests_rig_serve(14, 15);
	ATF_CHECK(requests_rig_is_answered(id) && rig.channel->requests[id].was_whole);
	EQ(1u, rig.served);
	EQ(30u, loop_now_ms(rig.pool.loop) - rig.served_asked_ms);
	EQ(1u, rig.counters.answered);
	EQ(0u, rig.counters.failed);
	requests_rig_end();
}

CASE(blocks_that_it_does_not_touch_answer_nobody)
{
	uint32_t id;

	requests_rig_begin(0);
	id = requests_rig_add(10, 20);
	requests_rig_keep(10, 20);
	requests_served(&rig.requests, &rig.present, 0, 10 * B);
	requests_served(&rig.requests, &rig.present, 20 * B, 30 * B);
	ATF_CHECK(!requests_rig_is_answered(id));
	requests_served(&rig.requests, &rig.present, 19 * B, 20 * B);
	ATF_CHECK(requests_rig_is_answered(id));
	requests_rig_end();
}

CASE(what_is_lost_fails_whoever_touches_it)
{
	uint32_t before, across, behind;

	requests_rig_begin(0);
	before = requests_rig_add(0, 10);
	across = requests_rig_add(9, 12);
	behind = requests_rig_add(12, 13);
	requests_failed(&rig.requests, 10 * B, 12 * B, -EBADMSG);
	ATF_CHECK(!requests_rig_is_answered(before) && requests_rig_is_answered(across) &&
		  !requests_rig_is_answered(behind));
	EQ(1u, rig.counters.failed);
	requests_rig_end();
	EQ(3u, rig.counters.failed);
}

CASE(what_is_wanted_is_told_within_the_range_that_was_asked_about)
{
	requests_rig_begin(0);
	requests_rig_add(10, 20);
	requests_rig_add(15, 40);
	requests_rig_add(30, 60);
	EQ(0u, requests_wanted_until(&rig.requests, 0, 10 * B));
	EQ(15 * B, requests_wanted_until(&rig.requests, 0, 15 * B));
	EQ(40 * B, requests_wanted_until(&rig.requests, 10 * B, 40 * B));
	EQ(60 * B, requests_wanted_until(&rig.requests, 10 * B, 900 * B));
	EQ(20 * B, requests_wanted_first(&rig.requests, 0, 900 * B));
	EQ(40 * B, requests_wanted_first(&rig.requests, 20 * B, 900 * B));
	EQ(35 * B, requests_wanted_first(&rig.requests, 20 * B, 35 * B));
	EQ(0u, requests_wanted_first(&rig.requests, 60 * B, 900 * B));
	requests_rig_end();
}

CASE(each_ones_time_is_counted_from_when_it_came)
{
	uint32_t first, second;

	requests_rig_begin(2);
	first = requests_rig_add(0, 1);
	fake_loop_advance(rig.pool.loop, 1500);
	second = requests_rig_add(5, 7);
	fake_loop_advance(rig.pool.loop, 499);
	ATF_CHECK(!requests_rig_is_answered(first));
	fake_loop_advance(rig.pool.loop, 1);
	ATF_CHECK(requests_rig_is_answered(first) && !requests_rig_is_answered(second));
	EQ(1u, rig.timed_out);
	EQ(0u, rig.timed_out_off);
	EQ(B, rig.timed_out_end);
	fake_loop_advance(rig.pool.loop, 1500);
	ATF_CHECK(requests_rig_is_answered(second));
	EQ(5 * B, rig.timed_out_off);
	EQ(7 * B, rig.timed_out_end);
	EQ(0u, fake_loop_armed(rig.pool.loop));
	requests_rig_end();
}

/* One read can be many requests. Its reader waits once for a server that is away. */
CASE(who_has_waited_in_vain_waits_again_when_something_has_come)
{
	uint32_t id;

	requests_rig_begin(2);
	id = requests_rig_add_for(7, 0);
	fake_loop_advance(rig.pool.loop, 2000);
	ATF_CHECK(requests_rig_is_answered(id));
	EQ(-ETIMEDOUT, requests_add(&rig.requests, 0, 7, 5 * B, 6 * B));
	/* Others wait as long as it did, and so does whoever is not known. */
	requests_rig_add_for(8, 5);
	requests_rig_add_for(0, 5);
	rig.counters.fetched_bytes++;
	requests_rig_add_for(7, 5);
	EQ(1u, rig.timed_out);
	requests_rig_end();
}

CASE(who_has_waited_in_vain_waits_again_after_the_same_time)
{
	requests_rig_begin(2);
	requests_rig_add_for(7, 0);
	fake_loop_advance(rig.pool.loop, 3999);
	EQ(-ETIMEDOUT, requests_add(&rig.requests, 0, 7, 5 * B, 6 * B));
	fake_loop_advance(rig.pool.loop, 1);
	requests_rig_add_for(7, 5);
	requests_rig_end();
}

CASE(without_a_limit_no_clock_runs)
{
	requests_rig_begin(0);
	requests_rig_add(0, 1);
	EQ(0u, fake_loop_armed(rig.pool.loop));
	requests_rig_end();
}

CASE(the_oldest_is_told)
{
	uint64_t asked_ms, off, len;
	uint64_t now;

	requests_rig_begin(0);
	ATF_CHECK(!requests_oldest(&rig.requests, &asked_ms, &off, &len));
	now = loop_now_ms(rig.pool.loop);
	requests_rig_add(7, 9);
	fake_loop_advance(rig.pool.loop, 100);
	requests_rig_add(1, 2);
	ATF_CHECK(requests_oldest(&rig.requests, &asked_ms, &off, &len));
	EQ(now, asked_ms);
	EQ(7 * B, off);
	EQ(2 * B, len);
	requests_rig_end();
}

CASE(at_the_limit_the_transport_pauses_until_there_is_room)
{
	requests_rig_begin(0);
	for (unsigned i = 0; i < REQUESTS_MAX - 1; i++)
		requests_rig_add(i % 500, i % 500 + 1);
	ATF_CHECK(!rig.channel->is_paused);
	requests_rig_add(600, 601);
	ATF_CHECK(rig.channel->is_paused);
	requests_rig_serve(600, 601);
	ATF_CHECK(!rig.channel->is_paused);
	requests_rig_add(601, 602);
	ATF_CHECK(rig.channel->is_paused);
	EQ(2u, rig.channel->pauses);
	requests_rig_end();
	EQ(REQUESTS_MAX, rig.counters.failed);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, one_is_answered_with_its_last_block_and_not_before);
	ATF_TP_ADD_TC(tp, blocks_that_it_does_not_touch_answer_nobody);
	ATF_TP_ADD_TC(tp, what_is_lost_fails_whoever_touches_it);
	ATF_TP_ADD_TC(tp, what_is_wanted_is_told_within_the_range_that_was_asked_about);
	ATF_TP_ADD_TC(tp, each_ones_time_is_counted_from_when_it_came);
	ATF_TP_ADD_TC(tp, who_has_waited_in_vain_waits_again_when_something_has_come);
	ATF_TP_ADD_TC(tp, who_has_waited_in_vain_waits_again_after_the_same_time);
	ATF_TP_ADD_TC(tp, without_a_limit_no_clock_runs);
	ATF_TP_ADD_TC(tp, the_oldest_is_told);
	ATF_TP_ADD_TC(tp, at_the_limit_the_transport_pauses_until_there_is_room);
	return atf_no_error();
}
