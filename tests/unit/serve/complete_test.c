/* SPDX-License-Identifier: MIT */
/*
 * What is fetched for nobody: when, how much at once, and when not.
 */
#include "unit.h"

#include "base/block.h"
#include "rig.h"
#include "serve/complete.h"

#define KIB UINT64_C(1024)

static struct rig rig;
static struct complete complete;
static struct object *object;
static struct list objects;

/* An object of 1 MiB of which the first 72 KiB are here: 8 are read-ahead. */
static void begin_at(uint64_t rate, uint64_t room)
{
	rig_open(&rig, 0);
	object = rig_object(&rig, 1024 * KIB);
	list_init(&objects);
	list_append(&objects, &object->link);
	rig_ask(&rig, object, 0, 64 * KIB);
	rig_serve_all(&rig, object);
	complete_begin(&complete, &rig.table, &objects, rate, room);
}

/* The same, and steps of 64 KiB, a quarter of a second apart. */
static void begin(uint64_t room)
{
	begin_at(256 * KIB, room);
	/* The request came before. */
	fake_loop_advance(rig.loop, 250);
	EQ(0u, fake_fetch_flying(rig.fetch));
}

/* Without the clock: the next step's timer is always set. */
static void serve_all(void)
{
	while (fake_fetch_flying(rig.fetch) > 0)
		rig_serve(&rig, 0, object);
}

/* The nth step, from 1 on, is on the wire. */
static void step_is(unsigned n)
{
	uint64_t off = 72 * KIB + (n - 1) * 64 * KIB;

	EQ(1u, fake_fetch_flying(rig.fetch));
	EQ(off, fake_fetch_at(rig.fetch, 0)->off);
	EQ(off + 64 * KIB < 1024 * KIB ? 64 * KIB : 1024 * KIB - off, fake_fetch_at(rig.fetch, 0)->len);
}

static void end(void)
{
	complete_end(&complete);
	object_close(object);
	rig_close(&rig);
}

CASE(the_rest_comes_at_the_rate_and_is_reported_once)
{
	begin(1024 * KIB);
	for (unsigned i = 1; i <= 15; i++) {
		EQ(0u, rig.news[OBJECT_ALL_HERE]);
		fake_loop_advance(rig.loop, 249);
		EQ(0u, fake_fetch_flying(rig.fetch));
		fake_loop_advance(rig.loop, 1);
		step_is(i);
		rig_serve(&rig, 0, object);
	}
	EQ(1u, rig.news[OBJECT_ALL_HERE]);
	fake_loop_advance(rig.loop, 100000);
	EQ(0u, fake_fetch_flying(rig.fetch));
	EQ(1u, rig.news[OBJECT_ALL_HERE]);
	end();
}

CASE(readers_come_first)
{
	uint32_t id;

	begin(1024 * KIB);
	id = rig_ask(&rig, object, 512 * KIB, 4 * KIB);
	EQ(1u, fake_fetch_flying(rig.fetch));
	/* As long as one waits, and until a step's time has passed without another. */
	fake_loop_advance(rig.loop, 10000);
	EQ(1u, fake_fetch_flying(rig.fetch));
	serve_all();
	EQ(RIG_SERVED, rig_state(&rig, id));
	rig_ask(&rig, object, 0, 4 * KIB);
	fake_loop_advance(rig.loop, 250);
	EQ(0u, fake_fetch_flying(rig.fetch));
	fake_loop_advance(rig.loop, 250);
	EQ(1u, fake_fetch_flying(rig.fetch));
	/* Nor does a reader wait for what is fetched for nobody. */
	id = rig_ask(&rig, object, 768 * KIB, 4 * KIB);
	EQ(2u, fake_fetch_flying(rig.fetch));
	rig_serve(&rig, 1, object);
	EQ(RIG_SERVED, rig_state(&rig, id));
	serve_all();
	end();
}

CASE(what_cannot_be_had_is_asked_for_in_the_next_round)
{
	begin(1024 * KIB);
	fake_loop_advance(rig.loop, 250);
	fake_fetch_end(fake_fetch_at(rig.fetch, 0), "reset");
	EQ(1u, rig.news[OBJECT_TROUBLE]);
	for (unsigned i = 2; i <= 15; i++) {
		fake_loop_advance(rig.loop, 250);
		step_is(i);
		rig_serve(&rig, 0, object);
	}
	fake_loop_advance(rig.loop, COMPLETE_ROUND_MS);
	EQ(0u, rig.news[OBJECT_ALL_HERE]);
	EQ(0u, fake_fetch_flying(rig.fetch));
	fake_loop_advance(rig.loop, 250);
	step_is(1);
	rig_serve(&rig, 0, object);
	EQ(1u, rig.news[OBJECT_ALL_HERE]);
	end();
}

CASE(what_the_store_cannot_hold_is_left_alone)
{
	begin(1024 * KIB - 1);
	fake_loop_advance(rig.loop, 10000);
	EQ(0u, fake_fetch_flying(rig.fetch));
	EQ(1u, rig.news[OBJECT_NO_ROOM]);
	ATF_CHECK_STREQ("1048575", rig.why);
	/* Readers have theirs all the same. */
	rig_ask(&rig, object, 512 * KIB, 4 * KIB);
	serve_all();
	fake_loop_advance(rig.loop, 10000);
	EQ(1u, rig.news[OBJECT_NO_ROOM]);
	end();
}

CASE(a_store_that_is_bad_gets_nothing_for_nobody)
{
	begin(1024 * KIB);
	object->is_store_bad = true;
	fake_loop_advance(rig.loop, 100000);
	EQ(0u, fake_fetch_flying(rig.fetch));
	end();
}

CASE(without_a_rate_nothing_is_fetched)
{
	begin_at(0, UINT64_MAX);
	fake_loop_advance(rig.loop, 100000);
	EQ(0u, fake_fetch_flying(rig.fetch));
	end();
}

CASE(steps_keep_to_any_rate)
{
	static const uint64_t rates[] = {1, 1000, 65536, 262144, 1000000, 100000000, UINT64_C(1) << 50};

	for (unsigned i = 0; i < sizeof(rates) / sizeof(*rates); i++) {
		uint64_t pause_ms, step = complete_step(rates[i], &pause_ms);

		ATF_CHECK(step >= COMPLETE_STEP_LEAST && step <= COMPLETE_STEP_MOST &&
			  step % BLOCK_SIZE == 0);
		ATF_CHECK(pause_ms > 0 && step * 1000 / pause_ms <= rates[i]);
	}
}

CASE_ABOUT(an_object_that_the_kernel_has_not_asked_for_yet_is_looked_at_again_soon,
	   "where the transport has no files it is there before the mount")
{
	rig_open(&rig, 0);
	object = rig_object(&rig, 1024 * KIB);
	list_init(&objects);
	list_append(&objects, &object->link);
	complete_begin(&complete, &rig.table, &objects, 256 * KIB, 1024 * KIB);
	fake_loop_advance(rig.loop, 5000);
	EQ(0u, fake_fetch_flying(rig.fetch));
	rig_ask(&rig, object, 0, 64 * KIB);
	serve_all();
	/* The first look sees that the kernel has asked meanwhile. */
	fake_loop_advance(rig.loop, 2000);
	EQ(1u, fake_fetch_flying(rig.fetch));
	serve_all();
	end();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, an_object_that_the_kernel_has_not_asked_for_yet_is_looked_at_again_soon);
	ATF_TP_ADD_TC(tp, the_rest_comes_at_the_rate_and_is_reported_once);
	ATF_TP_ADD_TC(tp, readers_come_first);
	ATF_TP_ADD_TC(tp, what_cannot_be_had_is_asked_for_in_the_next_round);
	ATF_TP_ADD_TC(tp, what_the_store_cannot_hold_is_left_alone);
	ATF_TP_ADD_TC(tp, a_store_that_is_bad_gets_nothing_for_nobody);
	ATF_TP_ADD_TC(tp, without_a_rate_nothing_is_fetched);
	ATF_TP_ADD_TC(tp, steps_keep_to_any_rate);
	return atf_no_error();
}
