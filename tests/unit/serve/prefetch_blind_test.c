/* SPDX-License-Identifier: MIT */
/* The same as prefetch_test where the kernel reads files, and does not ask for what is there: heads tell where it is. */
#include "unit.h"

#include "base/block.h"
#include "rig.h"

enum { BLOCKS = 16384, RANGE = 128, HEAD_BLOCKS = PREFETCH_HEADS_APART / BLOCK_SIZE };

static struct rig rig;
static struct object *object;
static struct record record;
static struct profile_extent extents[64];
static struct profile profile = {.extents = extents, .weight = 4};

static void lists(uint32_t first, uint32_t count)
{
	extents[profile.count++] = (struct profile_extent){.first = first, .count = count, .weight = 4};
}

static void begin(void)
{
	profile.count = 0;
	memset(&record, 0, sizeof(record));
	rig_open(&rig, 0);
	object = rig_object(&rig, (uint64_t)BLOCKS * BLOCK_SIZE);
	recorder_begin(&object->recorder, &record, "", BLOCKS, 1);
}

static void end(void)
{
	object_close(object);
	rig_close(&rig);
}

static enum rig_state ask(uint64_t first, uint64_t count)
{
	return rig_state(&rig, rig_ask(&rig, object, first * BLOCK_SIZE, count * BLOCK_SIZE));
}

static void boot(void)
{
	object_use_profile(object, &profile);
	ask(0, 1);
	rig_serve_now(&rig, object);
}

static void be_far(void)
{
	*object->blob->mirrors[0].pace = (struct pace){.answers = PACE_SURE, .least_ms = 100, .rate = 1024};
}

static void costs(uint64_t first, uint64_t count)
{
	be_far();
	ask(first, 1);
	EQ(first, fake_fetch_at(rig.fetch, 0)->off / BLOCK_SIZE);
	EQ(count, fake_fetch_at(rig.fetch, 0)->len / BLOCK_SIZE);
	rig_serve_now(&rig, object);
}

CASE(without_a_profile_a_far_server_is_asked_for_more_than_the_miss)
{
	begin();
	costs(2000, 1 + 100 * 1024 / 2 / BLOCK_SIZE);
	/* In trouble nobody is asked for more. */
	object->fill.is_careful = true;
	costs(4000, 1);
	object->fill.is_careful = false;
	/* The boot is over. */
	fake_loop_advance(rig.loop, RECORD_MOST_MS + 1000);
	costs(6000, 1);
	end();
}

CASE(with_a_profile_it_is_not_nor_afterwards)
{
	begin();
	lists(100, 4);
	boot();
	costs(2000, 1);
	fake_loop_advance(rig.loop, PREFETCH_IDLE_MS * 2);
	EQ(RECORD_OVER, record.use.profile);
	costs(4000, 1);
	end();
}

CASE(a_request_for_a_head_stands_for_what_follows_it)
{
	begin();
	lists(100, HEAD_BLOCKS);
	lists(1000, 4);
	lists(2000, 4);
	boot();
	EQ(HEAD_BLOCKS + 8u, object->prefetch.ahead.marked_count);
	/* All but the heads are in the file, which the kernel reads without a word. */
	ATF_CHECK(present_has(&object->present, 101 * BLOCK_SIZE, (100 + HEAD_BLOCKS) * BLOCK_SIZE));
	ATF_CHECK(!present_has(&object->present, 100 * BLOCK_SIZE, 101 * BLOCK_SIZE));
	ATF_CHECK(!present_has(&object->present, 1000 * BLOCK_SIZE, 1001 * BLOCK_SIZE));
	ATF_CHECK(present_has(&object->present, 2000 * BLOCK_SIZE, 2004 * BLOCK_SIZE));
	EQ(RIG_SERVED, ask(100, 1));
	EQ((uint64_t)HEAD_BLOCKS, record.use.used_blocks);
	EQ(RIG_SERVED, ask(1000, 1));
	EQ(HEAD_BLOCKS + 8u, record.use.used_blocks);
	EQ(0u, record.use.late_blocks);
	EQ(0u, fake_fetch_flying(rig.fetch));
	end();
}

CASE(a_head_stands_for_nothing_that_was_not_begun)
{
	enum { EXTENTS = 20 };

	begin();
	for (uint32_t i = 0; i < EXTENTS; i++)
		lists(100 + i * 100, 1);
	object_use_profile(object, &profile);
	ask(0, 1);
	fake_loop_advance(rig.loop, 0);
	/* The head is on its way, and not all of its batch. */
	EQ(RIG_WAITS, ask(100, 1));
	ATF_REQUIRE(object->prefetch.run_next < object->prefetch.run_count);
	rig_serve_now(&rig, object);
	EQ((uint64_t)EXTENTS, record.use.ahead_blocks);
	/* The others have a head, too: each is counted when it is read. */
	for (uint32_t i = 0; i < EXTENTS; i++)
		ask(100 + i * 100, 1);
	EQ((uint64_t)EXTENTS, record.use.used_blocks);
	EQ(1u, record.use.late_blocks);
	EQ(0u, fake_fetch_flying(rig.fetch));
	end();
}

CASE(of_a_wrong_one_no_more_than_the_window_is_stored)
{
	begin();
	for (uint32_t i = 0; i < 60; i++)
		lists(200 + i * 256, RANGE);
	boot();
	for (uint32_t i = 0; i < 60; i++) {
		ask(100 + i * 256, 1);
		rig_serve_now(&rig, object);
	}
	ATF_CHECK(record.use.ahead_blocks < PREFETCH_WINDOW / BLOCK_SIZE + RANGE);
	EQ(0u, record.use.used_blocks);
	end();
}

CASE(a_right_one_goes_on_to_its_end)
{
	begin();
	for (uint32_t i = 0; i < 60; i++)
		lists(200 + i * 256, RANGE);
	boot();
	for (uint32_t i = 0; i < 60; i++) {
		/* The kernel asks for the head only. */
		EQ(RIG_SERVED, ask(200 + i * 256, 1));
		rig_serve_now(&rig, object);
	}
	EQ(60u * RANGE, record.use.ahead_blocks);
	EQ(60u * RANGE, record.use.used_blocks);
	end();
}

CASE(its_end_leaves_what_is_in_the_file)
{
	begin();
	lists(1000, HEAD_BLOCKS);
	boot();
	fake_loop_advance(rig.loop, PREFETCH_IDLE_MS);
	EQ(1u, rig.news[OBJECT_PREFETCHED]);
	ATF_CHECK(present_has(&object->present, 1001 * BLOCK_SIZE, (1000 + HEAD_BLOCKS) * BLOCK_SIZE));
	EQ(RIG_SERVED, ask(1000, HEAD_BLOCKS));
	end();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, without_a_profile_a_far_server_is_asked_for_more_than_the_miss);
	ATF_TP_ADD_TC(tp, with_a_profile_it_is_not_nor_afterwards);
	ATF_TP_ADD_TC(tp, a_request_for_a_head_stands_for_what_follows_it);
	ATF_TP_ADD_TC(tp, a_head_stands_for_nothing_that_was_not_begun);
	ATF_TP_ADD_TC(tp, of_a_wrong_one_no_more_than_the_window_is_stored);
	ATF_TP_ADD_TC(tp, a_right_one_goes_on_to_its_end);
	ATF_TP_ADD_TC(tp, its_end_leaves_what_is_in_the_file);
	return atf_no_error();
}
