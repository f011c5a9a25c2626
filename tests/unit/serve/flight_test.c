/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "rig.h"

#define KIB  UINT64_C(1024)
#define SIZE (16384 * KIB)

static struct rig rig;
static struct object *object;

static void begin(void)
{
	rig_open(&rig, 0);
	object = rig_object(&rig, SIZE);
}

static void end(void)
{
	EQ(0u, rig.transport->refills);
	object_close(object);
	rig_close(&rig);
}

CASE(a_request_far_behind_gets_a_flight_of_its_own)
{
	uint32_t whole, far;

	begin();
	whole = rig_ask(&rig, object, 0, 1024 * KIB);
	far = rig_ask(&rig, object, 512 * KIB, 4 * KIB);
	EQ(2u, fake_fetch_flying(rig.fetch));
	EQ(512 * KIB, fake_fetch_at(rig.fetch, 1)->off);
	/* The first one answers for all that it asked for, but only its own part is used. */
	rig_serve(&rig, 1, object);
	EQ(RIG_SERVED, rig_state(&rig, far));
	EQ(RIG_WAITS, rig_state(&rig, whole));
	rig_serve(&rig, 0, object);
	EQ(RIG_SERVED, rig_state(&rig, whole));
	EQ(0u, fake_fetch_flying(rig.fetch));
	end();
}

CASE(a_request_a_little_behind_waits_for_the_flight)
{
	begin();
	rig_ask(&rig, object, 0, 1024 * KIB);
	rig_ask(&rig, object, FILL_SPLIT, 4 * KIB);
	EQ(1u, fake_fetch_flying(rig.fetch));
	rig_serve_all(&rig, object);
	end();
}

CASE(a_flight_may_be_split_again_and_again)
{
	uint32_t ids[16];

	begin();
	ids[0] = rig_ask(&rig, object, 0, SIZE);
	for (uint64_t i = 15; i > 0; i--)
		ids[i] = rig_ask(&rig, object, i * 1024 * KIB, 4 * KIB);
	EQ(16u, fake_fetch_flying(rig.fetch));
	while (fake_fetch_flying(rig.fetch) > 0)
		rig_serve(&rig, fake_fetch_flying(rig.fetch) / 2, object);
	for (int i = 0; i < 16; i++)
		EQ(RIG_SERVED, rig_state(&rig, ids[i]));
	EQ(SIZE, rig.transport->filled);
	end();
}

CASE(a_split_flight_whose_first_part_fails_is_tried_again_alone)
{
	uint32_t whole, far;

	begin();
	whole = rig_ask(&rig, object, 0, 1024 * KIB);
	far = rig_ask(&rig, object, 512 * KIB, 4 * KIB);
	fake_fetch_end(fake_fetch_at(rig.fetch, 0), "reset");
	rig_serve(&rig, 0, object);
	EQ(RIG_SERVED, rig_state(&rig, far));
	fake_loop_advance(rig.loop, 6000);
	EQ(512 * KIB, fake_fetch_at(rig.fetch, 0)->len);
	rig_serve_all(&rig, object);
	EQ(RIG_SERVED, rig_state(&rig, whole));
	end();
}

CASE(flights_over_the_most_wait_in_a_queue)
{
	uint32_t ids[FLIGHTS_MAX + 20];

	begin();
	for (uint64_t i = 0; i < FLIGHTS_MAX + 20; i++) {
		ids[i] = rig_ask(&rig, object, i * 200 * KIB, 4 * KIB);
		ATF_REQUIRE(fake_fetch_flying(rig.fetch) <= FLIGHTS_MAX);
	}
	EQ(FLIGHTS_MAX, fake_fetch_flying(rig.fetch));
	for (uint64_t i = 0; i < 20; i++) {
		rig_serve(&rig, 0, object);
		EQ(FLIGHTS_MAX, fake_fetch_flying(rig.fetch));
		/* Who waited longest flies next. */
		EQ((FLIGHTS_MAX + i) * 200 * KIB, fake_fetch_at(rig.fetch, FLIGHTS_MAX - 1)->off);
	}
	rig_serve_all(&rig, object);
	for (uint64_t i = 0; i < FLIGHTS_MAX + 20; i++)
		EQ(RIG_SERVED, rig_state(&rig, ids[i]));
	end();
}

CASE(read_ahead_that_does_not_come_gives_its_slot_to_who_waits)
{
	struct object *readers[FLIGHTS_MAX];
	uint32_t id;

	begin();
	for (unsigned i = 0; i < FLIGHTS_MAX; i++) {
		readers[i] = rig_object(&rig, SIZE);
		rig_ask(&rig, readers[i], 0, 128 * KIB);
		rig_serve(&rig, i, readers[i]);
		id = rig_ask(&rig, readers[i], 128 * KIB, 128 * KIB);
		ATF_REQUIRE(fake_fetch_at(rig.fetch, i)->len > 128 * KIB);
		fake_fetch_head_206(fake_fetch_at(rig.fetch, i), SIZE, RIG_ETAG);
		fake_fetch_body(fake_fetch_at(rig.fetch, i), 128 * KIB);
		EQ(RIG_SERVED, rig_state(&rig, id));
	}
	MUST_EQ(FLIGHTS_MAX, fake_fetch_flying(rig.fetch));
	id = rig_ask(&rig, object, 0, 4 * KIB);
	fake_loop_advance(rig.loop, FLIGHT_QUEUE_MS - 1);
	EQ(FLIGHTS_MAX, rig.table.flights.on_wire);
	EQ(1u, fake_loop_armed(rig.loop));
	fake_loop_advance(rig.loop, 1);
	/* The oldest has ended. */
	ATF_CHECK(list_is_empty(&readers[0]->fill.flights.flights));
	EQ(FLIGHTS_MAX, fake_fetch_flying(rig.fetch));
	rig_serve(&rig, FLIGHTS_MAX - 1, object);
	EQ(RIG_SERVED, rig_state(&rig, id));
	for (unsigned i = 0; i < FLIGHTS_MAX; i++)
		object_close(readers[i]);
	end();
}

CASE(a_slot_is_taken_from_nobody_who_is_waited_for)
{
	begin();
	for (uint64_t i = 0; i < FLIGHTS_MAX + 2; i++)
		rig_ask(&rig, object, i * 200 * KIB, 4 * KIB);
	fake_loop_advance(rig.loop, 3600000);
	EQ(FLIGHTS_MAX, (unsigned)fake_fetch_begun(rig.fetch));
	rig_serve_all(&rig, object);
	end();
}

CASE(a_pausing_flight_gives_its_place_to_the_queue)
{
	begin();
	for (uint64_t i = 0; i < FLIGHTS_MAX + 5; i++)
		rig_ask(&rig, object, i * 200 * KIB, 4 * KIB);
	for (int i = 0; i < 5; i++) {
		fake_fetch_end(fake_fetch_at(rig.fetch, 0), "reset");
		EQ(FLIGHTS_MAX, fake_fetch_flying(rig.fetch));
	}
	/* The wire is full when their pauses end: they queue. */
	fake_loop_advance(rig.loop, 6000);
	EQ(FLIGHTS_MAX, fake_fetch_flying(rig.fetch));
	EQ(FLIGHTS_MAX + 5, (unsigned)fake_fetch_begun(rig.fetch));
	/* Of the queue. */
	EQ(1u, fake_loop_armed(rig.loop));
	rig_serve_all(&rig, object);
	end();
}

CASE(one_that_has_to_keep_quiet_leaves_its_place_to_the_next)
{
	struct object *other;

	begin();
	for (uint64_t i = 0; i < FLIGHTS_MAX + 3; i++)
		rig_ask(&rig, object, i * 200 * KIB, 4 * KIB);
	other = rig_object(&rig, SIZE);
	rig_ask(&rig, other, 100 * KIB, 4 * KIB);
	fake_fetch_head(fake_fetch_at(rig.fetch, 0), "HTTP/1.1 503 x\nRetry-After: 9\n");
	EQ(FLIGHTS_MAX, fake_fetch_flying(rig.fetch));
	EQ(100 * KIB, fake_fetch_at(rig.fetch, FLIGHTS_MAX - 1)->off);
	rig_serve_all(&rig, object);
	object_close(other);
	end();
}

CASE(closing_an_object_lets_the_others_fly)
{
	struct object *other;
	uint32_t ids[10];

	begin();
	for (uint64_t i = 0; i < FLIGHTS_MAX + 10; i++)
		rig_ask(&rig, object, i * 200 * KIB, 4 * KIB);
	other = rig_object(&rig, SIZE);
	for (uint64_t i = 0; i < 10; i++)
		ids[i] = rig_ask(&rig, other, i * 1024 * KIB, 4 * KIB);
	object_close(object);
	EQ(10u, fake_fetch_flying(rig.fetch));
	object = other;
	rig_serve_all(&rig, object);
	for (int i = 0; i < 10; i++)
		EQ(RIG_SERVED, rig_state(&rig, ids[i]));
	end();
}

CASE(when_memory_fails_the_whole_queue_pauses_and_comes_back)
{
	begin();
	for (uint64_t i = 0; i < FLIGHTS_MAX + 15; i++)
		rig_ask(&rig, object, i * 200 * KIB, 4 * KIB);
	fake_fetch_refuse(rig.fetch, 15);
	fake_fetch_end(fake_fetch_at(rig.fetch, 0), "reset");
	EQ(FLIGHTS_MAX - 1, fake_fetch_flying(rig.fetch));
	EQ(16u, fake_loop_armed(rig.loop));
	rig_serve_all(&rig, object);
	end();
}

CASE(without_memory_a_long_queue_takes_no_deep_stack)
{
	begin();
	for (uint64_t i = 0; i < 2000; i++)
		rig_ask(&rig, object, i * 8 * KIB, 4 * KIB);
	fake_fetch_refuse(rig.fetch, 2000);
	fake_fetch_end(fake_fetch_at(rig.fetch, 0), "reset");
	ATF_CHECK_MSG(fake_fetch_depth(rig.fetch) < 4096, "%zu bytes", fake_fetch_depth(rig.fetch));
	fake_fetch_refuse(rig.fetch, 0);
	rig_serve_all(&rig, object);
	end();
}

CASE(too_many_requests_pause_the_transport)
{
	begin();
	for (int i = 0; i < REQUESTS_MAX; i++) {
		ATF_REQUIRE(!rig.transport->is_paused);
		rig_ask(&rig, object, 0, 4 * KIB);
	}
	ATF_CHECK(rig.transport->is_paused);
	rig_serve_all(&rig, object);
	ATF_CHECK(!rig.transport->is_paused);
	EQ(1u, rig.transport->pauses);
	end();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, a_request_far_behind_gets_a_flight_of_its_own);
	ATF_TP_ADD_TC(tp, a_request_a_little_behind_waits_for_the_flight);
	ATF_TP_ADD_TC(tp, a_flight_may_be_split_again_and_again);
	ATF_TP_ADD_TC(tp, a_split_flight_whose_first_part_fails_is_tried_again_alone);
	ATF_TP_ADD_TC(tp, flights_over_the_most_wait_in_a_queue);
	ATF_TP_ADD_TC(tp, read_ahead_that_does_not_come_gives_its_slot_to_who_waits);
	ATF_TP_ADD_TC(tp, a_slot_is_taken_from_nobody_who_is_waited_for);
	ATF_TP_ADD_TC(tp, a_pausing_flight_gives_its_place_to_the_queue);
	ATF_TP_ADD_TC(tp, one_that_has_to_keep_quiet_leaves_its_place_to_the_next);
	ATF_TP_ADD_TC(tp, closing_an_object_lets_the_others_fly);
	ATF_TP_ADD_TC(tp, when_memory_fails_the_whole_queue_pauses_and_comes_back);
	ATF_TP_ADD_TC(tp, without_memory_a_long_queue_takes_no_deep_stack);
	ATF_TP_ADD_TC(tp, too_many_requests_pause_the_transport);
	return atf_no_error();
}
