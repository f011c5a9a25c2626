/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "serve/recorder.h"

#define B    UINT64_C(4096)
#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

enum { BLOCKS = 200000 };

static struct record memory;

static void begin(struct recorder *recorder)
{
	recorder_begin(recorder, &memory, HASH, BLOCKS, 1000);
}

static void note(struct recorder *recorder, uint64_t first, uint64_t last, uint64_t asked_ms, uint64_t now_ms)
{
	recorder_note(recorder, first * B, last * B, RECORD_WAITED, asked_ms, now_ms);
}

static void is_touch(unsigned n, uint32_t first, uint32_t count, uint32_t asked_ms, uint32_t waited_ms)
{
	const struct record_touch *touch = &memory.touches[n];

	ATF_REQUIRE(n < memory.count);
	EQ(first, touch->first);
	EQ(count, touch->count);
	EQ(asked_ms, touch->asked_ms);
	EQ(waited_ms, touch->waited_ms);
}

CASE(a_block_counts_once_and_only_what_is_new_of_a_range)
{
	struct recorder recorder;

	begin(&recorder);
	note(&recorder, 10, 20, 1500, 1700);
	note(&recorder, 12, 15, 3000, 3001);
	note(&recorder, 5, 30, 4000, 4100);
	MUST_EQ(3u, memory.count);
	is_touch(0, 10, 10, 500, 200);
	is_touch(1, 5, 5, 3000, 100);
	is_touch(2, 20, 10, 3000, 100);
	recorder_fini(&recorder);
}

CASE(neighbours_that_are_read_soon_after_each_other_are_one)
{
	struct recorder recorder;

	begin(&recorder);
	note(&recorder, 10, 20, 1500, 1700);
	note(&recorder, 20, 25, 1590, 1600);
	note(&recorder, 25, 26, 2000, 2000);
	recorder_note(&recorder, 26 * B, 27 * B, RECORD_HERE, 2000, 2000);
	MUST_EQ(3u, memory.count);
	is_touch(0, 10, 15, 500, 200);
	is_touch(1, 25, 1, 1000, 0);
	EQ(RECORD_HERE, memory.touches[2].how);
	recorder_fini(&recorder);
}

CASE(the_next_engine_goes_on_where_the_last_one_ended)
{
	struct recorder recorder;

	begin(&recorder);
	note(&recorder, 10, 20, 1500, 1700);
	recorder_fini(&recorder);
	recorder_begin(&recorder, &memory, HASH, BLOCKS, 9000);
	note(&recorder, 15, 22, 9100, 9101);
	MUST_EQ(2u, memory.count);
	is_touch(1, 20, 2, 8100, 1);
	recorder_fini(&recorder);
}

CASE(what_is_of_another_image_or_makes_no_sense_is_begun_anew)
{
	struct recorder recorder;

	begin(&recorder);
	note(&recorder, 10, 20, 1500, 1700);
	recorder_fini(&recorder);
	recorder_begin(&recorder, &memory, "", BLOCKS, 9000);
	EQ(0u, memory.count);
	EQ(9000u, memory.begun_ms);
	ATF_CHECK_STREQ("", memory.roothash);
	recorder_fini(&recorder);
	memory.count = RECORD_TOUCHES_MAX + 1;
	recorder_begin(&recorder, &memory, "", BLOCKS, 9500);
	EQ(0u, memory.count);
	recorder_fini(&recorder);
	/* Of any numbers beyond the image nothing is marked. */
	memory.count = 1;
	memory.touches[0] = (struct record_touch){.first = UINT32_MAX, .count = UINT16_MAX};
	recorder_begin(&recorder, &memory, "", BLOCKS, 9900);
	EQ(0u, recorder.seen.marked_count);
	recorder_fini(&recorder);
}

CASE(it_is_bounded_in_number_length_and_time)
{
	struct recorder recorder;

	begin(&recorder);
	note(&recorder, 0, BLOCKS, 1000, 1000);
	MUST_EQ(4u, memory.count);
	is_touch(1, RECORD_BLOCKS_MAX, RECORD_BLOCKS_MAX, 0, 0);
	is_touch(3, 3 * RECORD_BLOCKS_MAX, BLOCKS - 3 * RECORD_BLOCKS_MAX, 0, 0);
	recorder_fini(&recorder);
	recorder_begin(&recorder, &memory, "", BLOCKS, 1000);
	for (uint64_t block = 0; block < 2 * (RECORD_TOUCHES_MAX + 9); block += 2)
		note(&recorder, block, block + 1, 1000, 1000);
	EQ(RECORD_TOUCHES_MAX, memory.count);
	recorder_fini(&recorder);
	begin(&recorder);
	note(&recorder, 1, 2, 1000 + RECORD_MOST_MS, 1000 + RECORD_MOST_MS);
	note(&recorder, 3, 4, 1000 + RECORD_MOST_MS, 1001 + RECORD_MOST_MS);
	EQ(1u, memory.count);
	recorder_fini(&recorder);
}

CASE(without_memory_for_it_nothing_is_noted)
{
	struct recorder recorder;

	recorder_begin(&recorder, NULL, HASH, BLOCKS, 1000);
	note(&recorder, 10, 20, 1500, 1700);
	recorder_fini(&recorder);
	recorder_begin(&recorder, &memory, HASH, (UINT64_C(1) << 32) + 1, 1000);
	note(&recorder, 10, 20, 1500, 1700);
	EQ(0u, memory.count);
	recorder_fini(&recorder);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, a_block_counts_once_and_only_what_is_new_of_a_range);
	ATF_TP_ADD_TC(tp, neighbours_that_are_read_soon_after_each_other_are_one);
	ATF_TP_ADD_TC(tp, the_next_engine_goes_on_where_the_last_one_ended);
	ATF_TP_ADD_TC(tp, what_is_of_another_image_or_makes_no_sense_is_begun_anew);
	ATF_TP_ADD_TC(tp, it_is_bounded_in_number_length_and_time);
	ATF_TP_ADD_TC(tp, without_memory_for_it_nothing_is_noted);
	return atf_no_error();
}
