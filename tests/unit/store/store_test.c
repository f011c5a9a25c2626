/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "base/block.h"
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define B UINT64_C(4096)

static _Alignas(4096) char block[4096];

CASE(a_full_store_is_told_from_a_failing_one)
{
	struct store full = {.fd = open("/dev/full", O_WRONLY)}, none = {.fd = -1};

	EQ(-ENOSPC, store_write(&full, block, 0, 4096));
	EQ(-EIO, store_write(&none, block, 0, 4096));
	store_close(&full);
	store_close(&none);
}

CASE(what_was_written_is_found_by_its_holes)
{
	struct store store = {.fd = open("file", O_RDWR | O_CREAT, 0600)};
	uint64_t start, until;

	EQ(0, store_write(&store, block, 1 << 20, 4096));
	EQ(4096 + (1 << 20), lseek(store.fd, 0, SEEK_END));
	EQ(0, store_next_data(&store, 0, &start, &until));
	EQ(1 << 20, start);
	EQ(4096 + (1 << 20), until);
	EQ(-ENXIO, store_next_data(&store, until, &start, &until));
	store_close(&store);
	EQ(-1, store.fd);
}

/* -- in memory ------------------------------------------------------------------------------------------------------ */

static struct memory *memory;
static struct store held, other;

static bool on_give_up(void *arg, uint64_t number)
{
	(void)number;
	return arg == &held;
}

static void begin(void)
{
	MUST_EQ(0, memory_open(&memory, MEMORY_STEP));
	held = (struct store){.fd = -1, .memory = {.memory = memory, .give_up = on_give_up, .arg = &held}};
	other = (struct store){.fd = -1, .memory = {.memory = memory, .give_up = on_give_up, .arg = &other}};
}

static void end(void)
{
	store_close(&held);
	store_close(&other);
	EQ(0u, memory_used(memory));
	memory_close(memory);
}

/* What the byte at off is. */
static uint8_t byte_of(uint64_t off)
{
	return (uint8_t)(off / B * 7 + off % B * 3);
}

static int keep(struct store *store, uint64_t first, uint64_t until)
{
	static _Alignas(4096) uint8_t bytes[MEMORY_STEP];

	for (uint64_t off = first * B; off < until * B; off++)
		bytes[off - first * B] = byte_of(off);
	return store_write(store, bytes, first * B, (until - first) * B);
}

/* How many pieces [off, end) is in; their bytes are checked. */
static unsigned count(uint64_t off, uint64_t until, unsigned most)
{
	struct iovec pieces[8] = {{0}};
	unsigned pieces_count = store_pieces(&held, off, until, pieces, most);

	for (unsigned i = 0; i < pieces_count; i++)
		for (size_t k = 0; k < pieces[i].iov_len; k++, off++)
			ATF_REQUIRE_EQ(byte_of(off), ((const uint8_t *)pieces[i].iov_base)[k]);
	ATF_REQUIRE(pieces_count == 0 || off == until);
	return pieces_count;
}

CASE(only_a_file_lasts)
{
	struct store file = {.fd = open("file", O_RDWR | O_CREAT, 0600)};
	struct iovec piece;

	begin();
	ATF_CHECK(store_lasts(&file) && !store_lasts(&held));
	EQ(0, store_write(&file, block, 0, 4096));
	/* The kernel reads files by itself. */
	EQ(0u, store_pieces(&file, 0, 4096, &piece, 1));
	ATF_CHECK(!store_drop(&file, 0));
	EQ(4096, lseek(file.fd, 0, SEEK_END));
	store_close(&file);
	end();
}

CASE(neighbours_in_memory_are_one_piece)
{
	begin();
	MUST_EQ(0, keep(&held, 3, 8));
	EQ(1u, count(3 * B, 8 * B, 1));
	/* Something else lies between these and those. */
	MUST_EQ(0, keep(&other, 0, 1));
	MUST_EQ(0, keep(&held, 8, 10));
	EQ(2u, count(3 * B, 10 * B, 8));
	EQ(1u, count(8 * B, 10 * B, 1));
	MUST_EQ(0, keep(&held, 2, 3));
	EQ(3u, count(2 * B, 10 * B, 8));
	end();
}

CASE(pieces_are_exactly_what_was_asked_for)
{
	static const uint64_t ranges[][3] = {{3 * B + 5, 3 * B + 6, 1},      {3 * B, 3 * B + 1, 1},
					     {4 * B - 1, 4 * B, 1},          {4 * B - 1, 4 * B + 1, 1},
					     {3 * B + 1, 8 * B - 1, 1},      {8 * B - 1, 8 * B + 1, 2},
					     {3 * B + 4095, 9 * B + 4095, 2}};

	begin();
	MUST_EQ(0, keep(&held, 3, 8));
	MUST_EQ(0, keep(&other, 0, 1));
	MUST_EQ(0, keep(&held, 8, 10));
	for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges); i++)
		EQ(ranges[i][2], count(ranges[i][0], ranges[i][1], 8));
	end();
}

CASE(a_block_that_is_missing_gives_no_pieces_at_all)
{
	begin();
	MUST_EQ(0, keep(&held, 3, 8));
	MUST_EQ(0, keep(&other, 8, 9));
	EQ(0u, count(2 * B, 5 * B, 8));
	EQ(0u, count(3 * B, 8 * B + 1, 8));
	EQ(1u, count(3 * B, 8 * B, 8));
	ATF_CHECK(store_drop(&held, 4) && store_drop(&held, 5));
	EQ(0u, count(3 * B, 8 * B, 8));
	EQ(1u, count(3 * B, 4 * B, 8));
	EQ(1u, count(6 * B, 8 * B, 8));
	EQ(4 * B, memory_used(memory));
	end();
}

CASE(too_many_pieces_are_none)
{
	begin();
	for (uint64_t number = 10; number > 0; number -= 2) {
		MUST_EQ(0, keep(&held, number, number + 1));
		MUST_EQ(0, keep(&held, number - 1, number));
	}
	EQ(8u, count(1 * B, 9 * B, 8));
	EQ(0u, count(1 * B, 10 * B, 8));
	EQ(0u, count(1 * B, 9 * B, 7));
	end();
}

CASE(memory_that_is_full_of_needed_blocks_is_a_full_store)
{
	begin();
	MUST_EQ(0, keep(&held, 3, 4));
	/* Those of held may go. */
	MUST_EQ(0, keep(&other, 0, MEMORY_STEP / B));
	EQ(0u, count(3 * B, 4 * B, 8));
	EQ(-ENOSPC, keep(&held, 3, 4));
	EQ(-ENOSPC, keep(&other, 100, 102));
	ATF_CHECK(store_drop(&other, 7));
	EQ(-ENOSPC, keep(&other, 100, 102));
	EQ(MEMORY_STEP, memory_used(memory));
	end();
}

CASE(what_is_kept_stays_and_what_finds_no_room_there_goes)
{
	static _Alignas(4096) uint8_t region[4 * B];
	struct iovec piece;
	struct kept *kept;

	begin();
	MUST_EQ(0, kept_open(&kept, region, sizeof(region)));
	MUST_EQ(0, kept_owner_init(&held.kept, kept, 1, 100));
	MUST_EQ(0, keep(&held, 3, 8));
	EQ(3u, store_lasting(&held, 5));
	EQ(2 * B, memory_used(memory));
	EQ(2u, count(3 * B, 8 * B, 8));
	ATF_CHECK(!store_drop(&held, 5) && store_drop(&held, 6));
	EQ(1u, store_pieces(&held, 3 * B, 6 * B, &piece, 1));
	EQ(0u, count(6 * B, 7 * B, 8));
	/* Wrong ones make room. */
	kept_drop(&held.kept, 3);
	EQ(0u, count(3 * B, 4 * B, 8));
	MUST_EQ(0, keep(&held, 9, 10));
	EQ(3u, store_lasting(&held, 5));
	end();
	kept_close(kept);
}

CASE(no_block_in_memory_is_left_by_an_earlier_engine)
{
	uint64_t start, until;

	begin();
	MUST_EQ(0, keep(&held, 3, 8));
	EQ(-ENXIO, store_next_data(&held, 0, &start, &until));
	end();
}

CASE(closing_drops_all_blocks_and_no_one_elses)
{
	begin();
	MUST_EQ(0, keep(&held, 3, 8));
	MUST_EQ(0, keep(&other, 3, 5));
	store_close(&other);
	EQ(5 * B, memory_used(memory));
	EQ(1u, count(3 * B, 8 * B, 8));
	store_close(&held);
	EQ(0u, memory_used(memory));
	end();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, a_full_store_is_told_from_a_failing_one);
	ATF_TP_ADD_TC(tp, what_was_written_is_found_by_its_holes);
	ATF_TP_ADD_TC(tp, only_a_file_lasts);
	ATF_TP_ADD_TC(tp, neighbours_in_memory_are_one_piece);
	ATF_TP_ADD_TC(tp, pieces_are_exactly_what_was_asked_for);
	ATF_TP_ADD_TC(tp, a_block_that_is_missing_gives_no_pieces_at_all);
	ATF_TP_ADD_TC(tp, too_many_pieces_are_none);
	ATF_TP_ADD_TC(tp, memory_that_is_full_of_needed_blocks_is_a_full_store);
	ATF_TP_ADD_TC(tp, what_is_kept_stays_and_what_finds_no_room_there_goes);
	ATF_TP_ADD_TC(tp, no_block_in_memory_is_left_by_an_earlier_engine);
	ATF_TP_ADD_TC(tp, closing_drops_all_blocks_and_no_one_elses);
	return atf_no_error();
}
