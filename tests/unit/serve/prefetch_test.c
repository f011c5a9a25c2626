/* SPDX-License-Identifier: MIT */
/* What a boot profile has fetched ahead, where blocks are in memory until the kernel asks for them. */
#include "unit.h"

#include "base/block.h"
#include "rig.h"

#define KIB UINT64_C(1024)
#define MIB (1024 * KIB)

enum { BLOCKS = 4096 };

static struct rig rig;
static struct object *object;
static struct record record;
static struct profile_extent extents[64];
static struct profile profile = {.extents = extents};

static void lists(uint32_t first, uint32_t count, uint32_t weight)
{
	extents[profile.count++] = (struct profile_extent){.first = first, .count = count, .weight = weight};
}

/* An image of 16 MiB, and memory of that size. Nothing has been asked for. */
static void begin(uint64_t memory_size)
{
	profile.count = 0;
	profile.weight = 4;
	memset(&record, 0, sizeof(record));
	rig_open(&rig, 0);
	rig_use_memory(&rig, memory_size);
	object = rig_object(&rig, BLOCKS * KIB * 4);
	recorder_begin(&object->recorder, &record, "", BLOCKS, 1);
}

static void end(void)
{
	object_close(object);
	rig_close(&rig);
}

static uint32_t ask(uint64_t first, uint64_t count)
{
	return rig_ask(&rig, object, first * BLOCK_SIZE, count * BLOCK_SIZE);
}

/* The profile is there, and the first block was read. */
static void boot(void)
{
	object_use_profile(object, &profile);
	ask(0, 1);
	rig_serve(&rig, 0, object);
	fake_loop_advance(rig.loop, 0);
}

/* The nth transfer on the wire is for these blocks. */
static void flies(unsigned n, uint64_t first, uint64_t count)
{
	ATF_REQUIRE(n < fake_fetch_flying(rig.fetch));
	EQ(first, fake_fetch_at(rig.fetch, n)->off / BLOCK_SIZE);
	EQ(count, fake_fetch_at(rig.fetch, n)->len / BLOCK_SIZE);
}

CASE(more_than_a_miss_is_fetched_of_a_far_server_while_half_of_the_memory_is_free)
{
	uint64_t worth = 100 * 1024 / 2 / BLOCK_SIZE, at;

	begin(MIB);
	for (at = 0; memory_used(object->table->memory) < MIB / 2; at += 100) {
		*object->blob->mirrors[0].pace =
			(struct pace){.answers = PACE_SURE, .least_ms = 100, .rate = 1024};
		ask(at, 1);
		flies(0, at, 1 + worth);
		rig_serve_all(&rig, object);
	}
	*object->blob->mirrors[0].pace = (struct pace){.answers = PACE_SURE, .least_ms = 100, .rate = 1024};
	ask(at, 1);
	flies(0, at, 1);
	end();
}

CASE(nothing_is_fetched_before_the_first_request)
{
	begin(16 * MIB);
	lists(100, 4, 4);
	object_use_profile(object, &profile);
	fake_loop_advance(rig.loop, 1000);
	EQ(0u, fake_fetch_flying(rig.fetch));
	EQ(RECORD_NO_PROFILE, record.use.profile);
	boot();
	flies(0, 100, 4);
	EQ(RECORD_PROFILE, record.use.profile);
	rig_serve_now(&rig, object);
	end();
}

CASE(neighbours_are_one_request_and_what_is_far_is_another)
{
	begin(16 * MIB);
	lists(500, 4, 4);
	lists(100, 4, 4);
	lists(112, 4, 4);
	lists(125, 1, 4);
	boot();
	MUST_EQ(3u, fake_fetch_flying(rig.fetch));
	flies(0, 100, 16);
	flies(1, 125, 1);
	flies(2, 500, 4);
	rig_serve_now(&rig, object);
	EQ(21u, record.use.ahead_blocks);
	end();
}

CASE(what_it_has_fetched_is_read_without_a_wait_and_counted)
{
	begin(16 * MIB);
	lists(100, 4, 4);
	lists(500, 4, 4);
	boot();
	rig_serve_now(&rig, object);
	EQ(RIG_SERVED, rig_state(&rig, ask(100, 2)));
	EQ(RIG_WAITS, rig_state(&rig, ask(100, 2)));
	rig_serve_now(&rig, object);
	EQ(RIG_SERVED, rig_state(&rig, ask(500, 4)));
	EQ(8u, record.use.ahead_blocks);
	EQ(6u, record.use.used_blocks);
	EQ(0u, record.use.late_blocks);
	EQ(3u, record.use.touches);
	EQ(1u, record.use.waits);
	end();
}

CASE(a_reader_joins_a_fetch_that_is_under_way_and_is_late)
{
	uint32_t id;

	begin(16 * MIB);
	lists(100, 4, 4);
	boot();
	id = ask(101, 1);
	EQ(1u, fake_fetch_flying(rig.fetch));
	rig_serve_now(&rig, object);
	EQ(RIG_SERVED, rig_state(&rig, id));
	EQ(1u, record.use.used_blocks);
	EQ(1u, record.use.late_blocks);
	end();
}

CASE(what_was_read_already_is_not_fetched_again)
{
	begin(16 * MIB);
	lists(0, 1, 4);
	lists(100, 8, 4);
	ask(0, 1);
	ask(102, 2);
	rig_serve_all(&rig, object);
	object_use_profile(object, &profile);
	fake_loop_advance(rig.loop, 0);
	MUST_EQ(1u, fake_fetch_flying(rig.fetch));
	/* The two between cost less than a request. */
	flies(0, 100, 8);
	rig_serve_now(&rig, object);
	EQ(8u, record.use.ahead_blocks);
	end();
}

CASE(what_few_boots_have_read_is_left_out)
{
	begin(16 * MIB);
	profile.weight = 12;
	lists(100, 4, 3);
	lists(500, 4, 4);
	boot();
	MUST_EQ(1u, fake_fetch_flying(rig.fetch));
	flies(0, 500, 4);
	rig_serve_now(&rig, object);
	end();
}

CASE(it_is_no_further_ahead_than_its_window_and_goes_on_as_it_is_read)
{
	uint64_t window = MIB / PREFETCH_WINDOW_SHARE / BLOCK_SIZE;

	begin(MIB);
	for (uint32_t i = 0; i < 60; i++)
		lists(100 + i * 60, 16, 4);
	boot();
	rig_serve_now(&rig, object);
	ATF_CHECK(object->prefetch.ahead.marked_count >= window);
	ATF_CHECK(object->prefetch.ahead.marked_count < window + 16);
	for (uint32_t i = 0; i < 60; i++) {
		EQ(RIG_SERVED, rig_state(&rig, ask(100 + i * 60, 16)));
		rig_serve_now(&rig, object);
		/* What is right may be further ahead. */
		ATF_CHECK(object->prefetch.ahead.marked_count < 2 * window + 16);
	}
	EQ(60u * 16, record.use.used_blocks);
	EQ(60u * 16, record.use.ahead_blocks);
	end();
}

CASE(of_a_wrong_one_no_more_than_the_window_is_fetched)
{
	uint64_t window = MIB / PREFETCH_WINDOW_SHARE / BLOCK_SIZE;

	begin(MIB);
	for (uint32_t i = 0; i < 60; i++)
		lists(100 + i * 60, 16, 4);
	boot();
	for (uint32_t i = 0; i < 60; i++) {
		ask(140 + i * 60, 1);
		rig_serve_now(&rig, object);
	}
	ATF_CHECK(record.use.ahead_blocks < window + 16);
	EQ(0u, record.use.used_blocks);
	end();
}

CASE(only_a_few_are_on_their_way_at_once)
{
	begin(16 * MIB);
	for (uint32_t i = 0; i < 20; i++)
		lists(100 + i * 60, 1, 4);
	boot();
	EQ((unsigned)PREFETCH_FLIGHTS, fake_fetch_flying(rig.fetch));
	/* A reader does not wait for them. */
	ask(4000, 1);
	EQ(PREFETCH_FLIGHTS + 1u, fake_fetch_flying(rig.fetch));
	rig_serve_now(&rig, object);
	EQ(20u, record.use.ahead_blocks);
	end();
}

CASE(it_ends_when_nothing_of_it_was_read_for_a_while_and_leaves_nothing)
{
	begin(16 * MIB);
	lists(100, 4, 4);
	lists(500, 4, 4);
	boot();
	rig_serve_now(&rig, object);
	fake_loop_advance(rig.loop, PREFETCH_IDLE_MS / 2);
	ask(100, 4);
	fake_loop_advance(rig.loop, PREFETCH_IDLE_MS - 1);
	EQ(0u, rig.news[OBJECT_PREFETCHED]);
	ATF_CHECK(present_has(&object->present, 500 * BLOCK_SIZE, 504 * BLOCK_SIZE));
	fake_loop_advance(rig.loop, 1);
	EQ(1u, rig.news[OBJECT_PREFETCHED]);
	ATF_CHECK_STREQ("16384 of 32768 bytes were read, 0 of them by readers who had to wait", rig.why);
	EQ(0u, memory_used(rig.table.memory));
	EQ(RECORD_OVER, record.use.profile);
	object_use_profile(object, &profile);
	fake_loop_advance(rig.loop, 0);
	EQ(0u, fake_fetch_flying(rig.fetch));
	end();
}

/* The reader needs a block that is here, and one that is still to come. */
CASE(its_end_takes_nothing_from_who_waits)
{
	uint32_t id;

	begin(16 * MIB);
	lists(100, 4, 4);
	boot();
	rig_serve_now(&rig, object);
	id = ask(102, 4);
	EQ(1u, fake_fetch_flying(rig.fetch));
	/* Meanwhile it does not end by itself. */
	fake_loop_advance(rig.loop, 2 * PREFETCH_IDLE_MS);
	EQ(0u, rig.news[OBJECT_PREFETCHED]);
	object_use_profile(object, NULL);
	rig_serve_all(&rig, object);
	EQ(RIG_SERVED, rig_state(&rig, id));
	end();
}

/* The server loses what nobody waits for; the next window must not be full of it for ever. */
CASE(what_was_lost_does_not_stay_ahead)
{
	begin(MIB);
	for (uint32_t i = 0; i < 60; i++)
		lists(100 + i * 60, 16, 4);
	boot();
	while (fake_fetch_flying(rig.fetch) > 0)
		fake_fetch_end(fake_fetch_at(rig.fetch, 0), "no");
	ATF_CHECK(object->prefetch.ahead.marked_count > 0);
	fake_loop_advance(rig.loop, PREFETCH_LOOK_MS);
	ask(50, 1);
	rig_serve_now(&rig, object);
	ATF_CHECK(present_has(&object->present, 400 * BLOCK_SIZE, 416 * BLOCK_SIZE));
	end();
}

CASE(one_long_extent_is_fetched_all_of_it_in_pieces)
{
	begin(16 * MIB);
	lists(100, 900, 4);
	boot();
	for (uint64_t block = 100; block < 1000; block += 10) {
		rig_serve_now(&rig, object);
		EQ(RIG_SERVED, rig_state(&rig, ask(block, 10)));
	}
	EQ(900u, record.use.ahead_blocks);
	EQ(900u, record.use.used_blocks);
	end();
}

CASE(while_fetches_fail_it_begins_none)
{
	begin(16 * MIB);
	for (uint32_t i = 0; i < 20; i++)
		lists(100 + i * 60, 1, 4);
	boot();
	while (fake_fetch_flying(rig.fetch) > 0)
		fake_fetch_end(fake_fetch_at(rig.fetch, 0), "no");
	fake_loop_advance(rig.loop, 1000);
	EQ(0u, fake_fetch_flying(rig.fetch));
	/* A reader finds out when they work again. */
	ask(4000, 1);
	rig_serve_now(&rig, object);
	EQ(20u, record.use.ahead_blocks);
	end();
}

/* The fake transport checks that each answer has the right bytes. */
CASE(any_profile_and_any_reads_give_right_bytes)
{
	for (uint32_t seed = 1; seed <= 40; seed++) {
		rig_seed(seed);
		begin((rig_draw(2) ? 1 : 16) * MIB);
		for (uint32_t i = 0; i < 60; i++)
			lists(rig_draw(BLOCKS - 64), 1 + rig_draw(64), 1 + rig_draw(4));
		boot();
		for (uint32_t i = 0; i < 200; i++) {
			uint64_t first = rig_draw(BLOCKS - 32);

			if (rig_draw(2))
				first = extents[rig_draw(60)].first;
			ask(first, 1 + rig_draw(32));
			fake_loop_advance(rig.loop, rig_draw(3));
			for (uint32_t n = rig_draw(6); n > 0 && fake_fetch_flying(rig.fetch) > 0; n--) {
				uint32_t at = rig_draw(fake_fetch_flying(rig.fetch));

				if (rig_draw(20))
					rig_serve(&rig, at, object);
				else
					fake_fetch_end(fake_fetch_at(rig.fetch, at), "no");
			}
		}
		rig_serve_all(&rig, object);
		EQ(0u, rig.counters.failed);
		end();
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, more_than_a_miss_is_fetched_of_a_far_server_while_half_of_the_memory_is_free);
	ATF_TP_ADD_TC(tp, nothing_is_fetched_before_the_first_request);
	ATF_TP_ADD_TC(tp, neighbours_are_one_request_and_what_is_far_is_another);
	ATF_TP_ADD_TC(tp, what_it_has_fetched_is_read_without_a_wait_and_counted);
	ATF_TP_ADD_TC(tp, a_reader_joins_a_fetch_that_is_under_way_and_is_late);
	ATF_TP_ADD_TC(tp, what_was_read_already_is_not_fetched_again);
	ATF_TP_ADD_TC(tp, what_few_boots_have_read_is_left_out);
	ATF_TP_ADD_TC(tp, it_is_no_further_ahead_than_its_window_and_goes_on_as_it_is_read);
	ATF_TP_ADD_TC(tp, of_a_wrong_one_no_more_than_the_window_is_fetched);
	ATF_TP_ADD_TC(tp, only_a_few_are_on_their_way_at_once);
	ATF_TP_ADD_TC(tp, it_ends_when_nothing_of_it_was_read_for_a_while_and_leaves_nothing);
	ATF_TP_ADD_TC(tp, its_end_takes_nothing_from_who_waits);
	ATF_TP_ADD_TC(tp, what_was_lost_does_not_stay_ahead);
	ATF_TP_ADD_TC(tp, one_long_extent_is_fetched_all_of_it_in_pieces);
	ATF_TP_ADD_TC(tp, while_fetches_fail_it_begins_none);
	ATF_TP_ADD_TC(tp, any_profile_and_any_reads_give_right_bytes);
	return atf_no_error();
}
