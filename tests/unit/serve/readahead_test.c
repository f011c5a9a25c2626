/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "base/block.h"
#include "serve/readahead.h"

#define KIB  UINT64_C(1024)
#define MISS (128 * KIB)

static struct readahead readahead;

/* A reader in sequence: each miss stands where the window before it ended. Returns the last window. */
static struct readahead_window read_worth(uint64_t *off, int misses, uint64_t worth)
{
	struct readahead_window window = {0};

	while (misses-- > 0) {
		window = readahead_miss(&readahead, *off, MISS, worth);
		*off += MISS + window.len;
	}
	return window;
}

static struct readahead_window read_on(uint64_t *off, int misses)
{
	return read_worth(off, misses, 0);
}

CASE(a_scattered_read_costs_exactly_itself)
{
	memset(&readahead, 0, sizeof(readahead));
	for (uint64_t i = 1; i <= 200; i++)
		EQ(0u, readahead_miss(&readahead, i * 97 * 1024 * KIB, 4 * KIB, 0).len);
}

CASE(where_a_round_trip_is_worth_more_a_scattered_read_brings_it_until_enough_is_spent)
{
	uint64_t i;

	memset(&readahead, 0, sizeof(readahead));
	for (i = 1; readahead.worth_spent < READAHEAD_WORTH_TOTAL; i++) {
		struct readahead_window window = readahead_miss(&readahead, i << 30, 4 * KIB, 100 * KIB + 1);

		EQ(READAHEAD_JOINED, window.kind);
		EQ((i << 30) + 4 * KIB, window.off);
		EQ(100 * KIB, window.len);
		EQ(i * 100 * KIB, readahead.worth_spent);
	}
	EQ(0u, readahead_miss(&readahead, i << 30, 4 * KIB, 100 * KIB + 1).len);
}

CASE(what_it_is_worth_has_a_bound)
{
	memset(&readahead, 0, sizeof(readahead));
	EQ(READAHEAD_WORTH_MAX, readahead_miss(&readahead, 0, 4 * KIB, UINT64_MAX).len);
	readahead.is_off = true;
	EQ(0u, readahead_miss(&readahead, UINT64_C(1) << 40, 4 * KIB, UINT64_MAX).len);
}

CASE(who_reads_in_sequence_there_still_earns_more)
{
	uint64_t off = 0;

	memset(&readahead, 0, sizeof(readahead));
	EQ(READAHEAD_WORTH_MAX, read_worth(&off, 1, READAHEAD_WORTH_MAX).len);
	EQ(READAHEAD_APART, read_worth(&off, 30, READAHEAD_WORTH_MAX).kind);
	/* What was added at first is all that it cost. */
	ATF_CHECK(readahead.worth_spent < 10 * READAHEAD_WORTH_MAX);
}

CASE(a_window_follows_its_miss_in_whole_blocks)
{
	uint64_t off = 0;

	memset(&readahead, 0, sizeof(readahead));
	for (int i = 0; i < 60; i++) {
		struct readahead_window window = readahead_miss(&readahead, off, MISS, 0);

		EQ(off + MISS, window.off);
		EQ(0u, window.len % BLOCK_SIZE);
		EQ(window.len == 0                  ? READAHEAD_NONE
		   : window.len < READAHEAD_TRIGGER ? READAHEAD_JOINED
						    : READAHEAD_APART,
		   window.kind);
		off += MISS + window.len;
	}
}

CASE(a_stream_earns_a_growing_window_with_a_bound)
{
	uint64_t off = 0, before = 0;

	memset(&readahead, 0, sizeof(readahead));
	for (int i = 0; i < 3000; i++) {
		struct readahead_window window = read_on(&off, 1);

		ATF_REQUIRE(window.len >= before && window.len <= READAHEAD_MAX);
		before = window.len;
	}
	EQ(READAHEAD_MAX, before);
}

CASE_ABOUT(a_reader_who_stops_has_cost_about_a_quarter_more, "two windows ahead: 1/8 + 9/64 of what was read")
{
	uint64_t off = 0;
	struct readahead_window window, next;

	memset(&readahead, 0, sizeof(readahead));
	do
		window = read_on(&off, 1);
	while (window.kind != READAHEAD_APART);
	for (int i = 0; i < 30; i++) {
		next = readahead_reached(&readahead, window.off);
		EQ(window.off + window.len, next.off);
		ATF_CHECK_MSG(window.len + next.len <= window.off * 17 / 64, "%" PRIu64 " unread of %" PRIu64,
			      window.len + next.len, window.off);
		window = next;
	}
}

CASE(a_trigger_is_reached_once_and_only_where_it_is)
{
	uint64_t off = 0;
	struct readahead_window window;

	memset(&readahead, 0, sizeof(readahead));
	window = read_on(&off, 40);
	EQ(READAHEAD_APART, window.kind);
	EQ(0u, readahead_reached(&readahead, window.off + BLOCK_SIZE).len);
	EQ(0u, readahead_reached(&readahead, 0).len);
	ATF_CHECK(readahead_reached(&readahead, window.off).len > 0);
	EQ(0u, readahead_reached(&readahead, window.off).len);
	EQ(0u, readahead_reached(&readahead, UINT64_MAX).len);
}

CASE(streams_do_not_disturb_each_other)
{
	uint64_t off[READAHEAD_STREAMS];
	struct readahead_window window = {0};

	memset(&readahead, 0, sizeof(readahead));
	for (uint64_t i = 0; i < READAHEAD_STREAMS; i++)
		off[i] = i << 32;
	for (int round = 0; round < 40; round++)
		for (int i = 0; i < READAHEAD_STREAMS; i++)
			window = read_on(&off[i], 1);
	ATF_CHECK_MSG(window.len > 2 * MISS, "%" PRIu64, window.len);
}

CASE(the_stream_that_rested_longest_is_forgotten_first)
{
	uint64_t busy = 0;
	struct readahead_window window = {0};

	memset(&readahead, 0, sizeof(readahead));
	for (uint64_t i = 0; i < 300; i++) {
		window = read_on(&busy, 1);
		readahead_miss(&readahead, (i + 1) << 33, 4 * KIB, 0);
	}
	ATF_CHECK_MSG(window.len > 8 * MISS, "%" PRIu64, window.len);
}

CASE(a_small_gap_still_follows_and_a_larger_one_does_not)
{
	uint64_t off = 0;

	memset(&readahead, 0, sizeof(readahead));
	for (int i = 0; i < 40; i++) {
		read_on(&off, 1);
		off += MISS / READAHEAD_GAP_SHARE;
	}
	ATF_CHECK(readahead_miss(&readahead, off, MISS, 0).len > MISS);
	EQ(MISS / READAHEAD_SHARE, readahead_miss(&readahead, UINT64_C(1) << 40, MISS, 0).len);
	off = (UINT64_C(1) << 40) + MISS + MISS / READAHEAD_SHARE + MISS / READAHEAD_GAP_SHARE;
	EQ(MISS / READAHEAD_SHARE, readahead_miss(&readahead, off + 1, MISS, 0).len);
}

/* What a reader finds missing in the newest window was lost on its way. What it has not read there, it has not earned. */
CASE(a_stream_goes_on_inside_a_window_that_was_lost)
{
	uint64_t off = 0;
	struct readahead_window before, window;

	memset(&readahead, 0, sizeof(readahead));
	before = read_on(&off, 16);
	off = before.off + before.len / 2 / BLOCK_SIZE * BLOCK_SIZE;
	window = readahead_miss(&readahead, off, 4 * KIB, 0);
	EQ(off + 4 * KIB, window.off);
	EQ(window.off / READAHEAD_SHARE / BLOCK_SIZE * BLOCK_SIZE, window.len);
	/* In the one before there is nothing that could be. */
	EQ(0u, readahead_miss(&readahead, before.off - 8 * KIB, 4 * KIB, 0).len);
}

CASE(a_window_that_is_lost_again_and_again_earns_no_more_than_was_read)
{
	uint64_t off = 0;

	memset(&readahead, 0, sizeof(readahead));
	read_on(&off, 40);
	for (off -= 64 * KIB; off < 64 * 1024 * KIB; off += 4 * KIB) {
		struct readahead_window window = readahead_miss(&readahead, off, 4 * KIB, 0);

		ATF_REQUIRE_MSG(window.len <= (off + 4 * KIB) / READAHEAD_SHARE, "%" PRIu64 " after %" PRIu64,
				window.len, off);
	}
}

/* Every tenth block, in order: what lies between is never read, and must never be fetched. */
CASE(a_reader_who_skips_more_than_it_reads_earns_nothing)
{
	memset(&readahead, 0, sizeof(readahead));
	for (uint64_t off = 0; off < UINT64_C(1) << 28; off += 40 * KIB)
		EQ(0u, readahead_miss(&readahead, off, 4 * KIB, 0).len);
}

/* Readers of large files at the same time. Returns their last windows' sum. */
static uint64_t read_at_once(unsigned readers)
{
	uint64_t offs[READAHEAD_STREAMS], sum = 0;

	for (unsigned i = 0; i < readers; i++)
		offs[i] = i * (UINT64_C(1) << 32);
	for (unsigned turns = 0; turns < 200; turns++) {
		sum = 0;
		for (unsigned i = 0; i < readers; i++)
			sum += read_on(&offs[i], 1).len;
	}
	return sum;
}

CASE(two_windows_of_each_reader_have_room_in_a_small_memory)
{
	static const uint64_t rooms[] = {256 * KIB, 8 * 1024 * KIB, 64 * 1024 * KIB};

	for (unsigned i = 0; i < sizeof(rooms) / sizeof(*rooms); i++)
		for (unsigned readers = 1; readers <= READAHEAD_STREAMS; readers *= 2) {
			readahead = (struct readahead){.room = rooms[i]};
			ATF_CHECK(2 * read_at_once(readers) <= rooms[i]);
		}
	/* One that goes on alone has as much as if there had been no others. */
	read_at_once(1);
	EQ(READAHEAD_MAX, (int)read_at_once(1));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, two_windows_of_each_reader_have_room_in_a_small_memory);
	ATF_TP_ADD_TC(tp, a_scattered_read_costs_exactly_itself);
	ATF_TP_ADD_TC(tp, where_a_round_trip_is_worth_more_a_scattered_read_brings_it_until_enough_is_spent);
	ATF_TP_ADD_TC(tp, what_it_is_worth_has_a_bound);
	ATF_TP_ADD_TC(tp, who_reads_in_sequence_there_still_earns_more);
	ATF_TP_ADD_TC(tp, a_window_follows_its_miss_in_whole_blocks);
	ATF_TP_ADD_TC(tp, a_stream_earns_a_growing_window_with_a_bound);
	ATF_TP_ADD_TC(tp, a_reader_who_stops_has_cost_about_a_quarter_more);
	ATF_TP_ADD_TC(tp, a_trigger_is_reached_once_and_only_where_it_is);
	ATF_TP_ADD_TC(tp, streams_do_not_disturb_each_other);
	ATF_TP_ADD_TC(tp, the_stream_that_rested_longest_is_forgotten_first);
	ATF_TP_ADD_TC(tp, a_small_gap_still_follows_and_a_larger_one_does_not);
	ATF_TP_ADD_TC(tp, a_stream_goes_on_inside_a_window_that_was_lost);
	ATF_TP_ADD_TC(tp, a_window_that_is_lost_again_and_again_earns_no_more_than_was_read);
	ATF_TP_ADD_TC(tp, a_reader_who_skips_more_than_it_reads_earns_nothing);
	return atf_no_error();
}
