/* SPDX-License-Identifier: MIT */
/* Requests whose blocks are held in memory, which has room for so many. */
#include "unit.h"

#include "fake_loop.h"
#include "requests_rig.h"

#include <errno.h>

#define B UINT64_C(4096)

CASE(one_beyond_the_room_is_parked_until_another_is_answered)
{
	uint32_t first, second;

	requests_rig_begin_with_room(0, 10);
	first = requests_rig_add(0, 4);
	requests_rig_add(100, 106);
	second = requests_rig_park(200, 201);
	EQ(10 * B, rig.pool.admitted);
	EQ(0u, fake_loop_armed(rig.pool.loop));
	requests_rig_serve(0, 4);
	ATF_CHECK(requests_rig_is_answered(first));
	/* Not while others are answered. */
	EQ(0u, rig.admitted);
	EQ(0u, fake_loop_next_ms(rig.pool.loop));
	fake_loop_advance(rig.pool.loop, 0);
	EQ(1u, rig.admitted);
	EQ(200 * B, rig.admitted_off);
	EQ(201 * B, rig.admitted_end);
	EQ(7 * B, rig.pool.admitted);
	ATF_CHECK(!requests_rig_is_answered(second));
	requests_rig_serve(200, 201);
	ATF_CHECK(requests_rig_is_answered(second));
	requests_rig_end();
}

CASE(those_that_are_parked_are_admitted_in_their_order_and_nobody_overtakes)
{
	requests_rig_begin_with_room(0, 10);
	requests_rig_add(0, 8);
	requests_rig_add(20, 21);
	requests_rig_park(100, 105);
	/* There would be room for it. */
	requests_rig_park(200, 201);
	requests_rig_serve(20, 21);
	fake_loop_advance(rig.pool.loop, 0);
	EQ(0u, rig.admitted);
	requests_rig_serve(0, 8);
	fake_loop_advance(rig.pool.loop, 0);
	EQ(2u, rig.admitted);
	EQ(200 * B, rig.admitted_off);
	EQ(6 * B, rig.pool.admitted);
	requests_rig_end();
}

CASE(one_larger_than_the_room_is_admitted_alone)
{
	requests_rig_begin_with_room(0, 10);
	requests_rig_add(0, 30);
	requests_rig_park(100, 101);
	requests_rig_park(200, 230);
	requests_rig_park(300, 301);
	requests_rig_serve(0, 30);
	fake_loop_advance(rig.pool.loop, 0);
	EQ(1u, rig.admitted);
	EQ(100 * B, rig.admitted_off);
	requests_rig_serve(100, 101);
	fake_loop_advance(rig.pool.loop, 0);
	EQ(2u, rig.admitted);
	EQ(200 * B, rig.admitted_off);
	EQ(30 * B, rig.pool.admitted);
	requests_rig_serve(200, 230);
	fake_loop_advance(rig.pool.loop, 0);
	EQ(300 * B, rig.admitted_off);
	requests_rig_end();
}

CASE(objects_share_the_room)
{
	struct requests other;
	uint32_t id;

	requests_rig_begin_with_room(0, 10);
	requests_rig_init_more(&other);
	id = fake_transport_request(rig.channel, 0, 0, 10 * B);
	MUST_EQ(0, requests_add(&other, id, 0, 0, 10 * B));
	requests_rig_park(100, 101);
	requests_fini(&other);
	EQ(-EIO, rig.channel->requests[id].err);
	EQ(0u, rig.admitted);
	fake_loop_advance(rig.pool.loop, 0);
	EQ(1u, rig.admitted);
	requests_rig_end();
}

CASE(the_clock_of_one_that_is_parked_runs)
{
	uint32_t first, second;

	requests_rig_begin_with_room(2, 10);
	first = requests_rig_add(0, 10);
	fake_loop_advance(rig.pool.loop, 1000);
	second = requests_rig_park(100, 102);
	fake_loop_advance(rig.pool.loop, 999);
	ATF_CHECK(!requests_rig_is_answered(first));
	fake_loop_advance(rig.pool.loop, 1);
	ATF_CHECK(requests_rig_is_answered(first) && !requests_rig_is_answered(second));
	EQ(1u, rig.admitted);
	fake_loop_advance(rig.pool.loop, 1000);
	EQ(-ETIMEDOUT, rig.channel->requests[second].err);
	EQ(2u, rig.timed_out);
	EQ(100 * B, rig.timed_out_off);
	requests_rig_end();
}

CASE(one_that_is_still_parked_times_out_too)
{
	uint32_t id;

	requests_rig_begin_with_room(2, 10);
	requests_rig_add(0, 10);
	id = requests_rig_park(100, 102);
	fake_loop_advance(rig.pool.loop, 2000);
	EQ(-ETIMEDOUT, rig.channel->requests[id].err);
	EQ(0u, rig.admitted);
	EQ(0u, fake_loop_armed(rig.pool.loop));
	requests_rig_end();
}

CASE(the_end_of_the_object_answers_those_that_are_parked)
{
	uint32_t first, second;

	requests_rig_begin_with_room(0, 10);
	first = requests_rig_add(0, 10);
	second = requests_rig_park(100, 102);
	requests_rig_park(200, 202);
	requests_fini(&rig.requests);
	EQ(-EIO, rig.channel->requests[first].err);
	EQ(-EIO, rig.channel->requests[second].err);
	EQ(0u, rig.admitted);
	EQ(0u, fake_loop_armed(rig.pool.loop));
	requests_rig_end();
}

CASE(an_interrupt_answers_whoever_waits_once)
{
	uint32_t first, second, third;

	requests_rig_begin_with_room(2, 10);
	first = requests_rig_add(0, 10);
	second = requests_rig_park(100, 102);
	third = requests_rig_park(200, 202);
	ATF_CHECK(!requests_abandon(&rig.requests, 0) && !requests_abandon(&rig.requests, third + 1));
	ATF_CHECK(requests_abandon(&rig.requests, second));
	EQ(-EINTR, rig.channel->requests[second].err);
	ATF_CHECK(!requests_abandon(&rig.requests, second));
	EQ(10 * B, rig.pool.admitted);
	ATF_CHECK(requests_abandon(&rig.requests, first));
	EQ(-EINTR, rig.channel->requests[first].err);
	fake_loop_advance(rig.pool.loop, 0);
	EQ(1u, rig.admitted);
	EQ(200 * B, rig.admitted_off);
	/* No reader has seen an error. */
	EQ(0u, rig.counters.failed);
	EQ(2u, rig.counters.answered);
	requests_rig_serve(200, 202);
	ATF_CHECK(!requests_abandon(&rig.requests, third));
	/* Nobody is left whose time could run out. */
	EQ(0u, fake_loop_armed(rig.pool.loop));
	requests_rig_end();
}

CASE(for_one_that_is_parked_nothing_is_wanted_and_nothing_is_lost)
{
	uint32_t id;

	requests_rig_begin_with_room(0, 10);
	requests_rig_add(0, 10);
	id = requests_rig_park(100, 110);
	EQ(0u, requests_wanted_until(&rig.requests, 50 * B, 200 * B));
	EQ(0u, requests_wanted_first(&rig.requests, 50 * B, 200 * B));
	EQ(10 * B, requests_wanted_until(&rig.requests, 0, 200 * B));
	requests_failed(&rig.requests, 100 * B, 110 * B, -EIO);
	ATF_CHECK(!requests_rig_is_answered(id));
	requests_failed(&rig.requests, 0, 10 * B, -EIO);
	fake_loop_advance(rig.pool.loop, 0);
	EQ(110 * B, requests_wanted_until(&rig.requests, 50 * B, 200 * B));
	requests_failed(&rig.requests, 100 * B, 110 * B, -EIO);
	ATF_CHECK(requests_rig_is_answered(id));
	requests_rig_end();
}

CASE(one_that_is_parked_is_answered_if_its_blocks_come_all_the_same)
{
	uint32_t id;

	requests_rig_begin_with_room(0, 10);
	requests_rig_add(0, 10);
	id = requests_rig_park(100, 110);
	requests_rig_serve(100, 110);
	ATF_CHECK(requests_rig_is_answered(id) && rig.channel->requests[id].was_whole);
	EQ(10 * B, rig.pool.admitted);
	requests_rig_end();
}

CASE(the_bytes_are_exactly_those_asked_for_and_the_waiting_is_for_whole_blocks)
{
	static const uint64_t ranges[][2] = {
		{5, 6}, {0, 1}, {4095, 4097}, {3 * B + 1, 7 * B - 1}, {9 * B + 4095, 12 * B}, {B, 2 * B}};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges); i++) {
		uint64_t off = ranges[i][0], until = ranges[i][1];
		uint64_t first = off / B, last = (until + B - 1) / B;
		uint32_t id;

		requests_rig_begin_with_room(0, 100);
		id = requests_rig_add_bytes(off, until, false);
		EQ((last - first) * B, rig.pool.admitted);
		EQ(last * B, requests_wanted_until(&rig.requests, 0, 900 * B));
		EQ(last * B, requests_wanted_first(&rig.requests, first * B, 900 * B));
		requests_rig_serve(first, last - 1);
		ATF_CHECK(!requests_rig_is_answered(id));
		requests_rig_serve(last - 1, last);
		/* The transport has checked the bytes. */
		ATF_CHECK(requests_rig_is_answered(id) && rig.channel->requests[id].was_whole);
		for (uint64_t block = 0; block < 20; block++)
			EQ(block >= first && block < last, rig.taken_at[block]);
		requests_rig_end();
	}
}

CASE(blocks_are_taken_once_nobody_else_waits_for_one_of_them)
{
	requests_rig_begin_with_room(0, 10);
	requests_rig_add(0, 4);
	requests_rig_add(3, 6);
	requests_rig_add(6, 8);
	/* Parked ones count: what is here saves them a fetch. */
	requests_rig_park(7, 9);
	requests_rig_serve(0, 4);
	EQ(0u, rig.taken_at[0]);
	requests_rig_serve(6, 8);
	EQ(0u, rig.taken_at[6]);
	requests_rig_serve(4, 6);
	EQ(1u, rig.taken_at[3]);
	EQ(1u, rig.taken_at[5]);
	fake_loop_advance(rig.pool.loop, 0);
	requests_rig_serve(8, 9);
	EQ(1u, rig.taken_at[7]);
	EQ(1u, rig.taken_at[8]);
	EQ(0u, rig.taken_at[6]);
	requests_rig_end();
}

CASE(one_that_fails_takes_nothing)
{
	uint32_t id;

	requests_rig_begin_with_room(0, 10);
	id = requests_rig_add(0, 4);
	requests_rig_keep(0, 3);
	requests_failed(&rig.requests, 3 * B, 4 * B, -EBADMSG);
	EQ(-EBADMSG, rig.channel->requests[id].err);
	EQ(0u, rig.taken_at[0]);
	requests_rig_end();
}

CASE_ABOUT(bytes_that_the_store_has_lost_are_an_error, "an answer without them would be read as zeros")
{
	uint32_t id;

	requests_rig_begin_with_room(0, 10);
	id = requests_rig_add(0, 4);
	rig.are_bytes_lost = true;
	requests_rig_serve(0, 4);
	EQ(-EIO, rig.channel->requests[id].err);
	EQ(1u, rig.counters.failed);
	EQ(0u, rig.counters.answered);
	EQ(0u, rig.taken_at[0]);
	requests_rig_end();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, one_beyond_the_room_is_parked_until_another_is_answered);
	ATF_TP_ADD_TC(tp, those_that_are_parked_are_admitted_in_their_order_and_nobody_overtakes);
	ATF_TP_ADD_TC(tp, one_larger_than_the_room_is_admitted_alone);
	ATF_TP_ADD_TC(tp, objects_share_the_room);
	ATF_TP_ADD_TC(tp, the_clock_of_one_that_is_parked_runs);
	ATF_TP_ADD_TC(tp, one_that_is_still_parked_times_out_too);
	ATF_TP_ADD_TC(tp, the_end_of_the_object_answers_those_that_are_parked);
	ATF_TP_ADD_TC(tp, an_interrupt_answers_whoever_waits_once);
	ATF_TP_ADD_TC(tp, for_one_that_is_parked_nothing_is_wanted_and_nothing_is_lost);
	ATF_TP_ADD_TC(tp, one_that_is_parked_is_answered_if_its_blocks_come_all_the_same);
	ATF_TP_ADD_TC(tp, the_bytes_are_exactly_those_asked_for_and_the_waiting_is_for_whole_blocks);
	ATF_TP_ADD_TC(tp, blocks_are_taken_once_nobody_else_waits_for_one_of_them);
	ATF_TP_ADD_TC(tp, one_that_fails_takes_nothing);
	ATF_TP_ADD_TC(tp, bytes_that_the_store_has_lost_are_an_error);
	return atf_no_error();
}
