/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "base/block.h"
#include "store/memory.h"

#include <errno.h>

enum { STEP_BLOCKS = MEMORY_STEP / BLOCK_SIZE, NEEDED_MAX = 1024 };

/* An owner that may need some of its blocks, and the book of those that it has given up. */
struct book {
	struct memory_owner owner;
	bool needs[NEEDED_MAX];
	unsigned given_up;
	uint64_t last; /* given up */
};

static struct memory *memory;
static struct book one, two;
static uint8_t bytes[BLOCK_SIZE];

static bool on_give_up(void *arg, uint64_t block)
{
	struct book *book = arg;

	if (block < NEEDED_MAX && book->needs[block])
		return false;
	book->given_up++;
	book->last = block;
	return true;
}

static void begin(uint64_t size)
{
	MUST_EQ(0, memory_open(&memory, size));
	one = (struct book){.owner = {.memory = memory, .give_up = on_give_up, .arg = &one}};
	two = (struct book){.owner = {.memory = memory, .give_up = on_give_up, .arg = &two}};
}

static void end(void)
{
	memory_drop_all(&one.owner);
	memory_drop_all(&two.owner);
	EQ(0u, memory_used(memory));
	memory_close(memory);
}

static int keep(struct book *book, uint64_t block, uint8_t value)
{
	memset(bytes, value, sizeof(bytes));
	return memory_keep(&book->owner, block, bytes);
}

/* The value that all bytes of the block have; -1: it is not here. */
static int value_of(struct book *book, uint64_t block)
{
	const uint8_t *at = memory_find(&book->owner, block);

	if (!at)
		return -1;
	EQ(0u, (uintptr_t)at % BLOCK_SIZE);
	for (unsigned i = 1; i < BLOCK_SIZE; i++)
		ATF_REQUIRE_EQ(at[0], at[i]);
	return at[0];
}

/* Blocks first.. of one, as many as there is room for. */
static void fill(uint64_t first)
{
	uint64_t count = (memory_size(memory) - memory_used(memory)) / BLOCK_SIZE;

	for (uint64_t i = 0; i < count; i++)
		MUST_EQ(0, keep(&one, first + i, (uint8_t)(first + i)));
	EQ(memory_size(memory), memory_used(memory));
}

CASE(a_block_is_found_until_it_is_dropped)
{
	begin(MEMORY_STEP);
	EQ(-1, value_of(&one, 7));
	MUST_EQ(0, keep(&one, 7, 0x77));
	MUST_EQ(0, keep(&one, UINT64_MAX / BLOCK_SIZE, 0x88));
	EQ(2u * BLOCK_SIZE, memory_used(memory));
	EQ(0x77, value_of(&one, 7));
	EQ(0x88, value_of(&one, UINT64_MAX / BLOCK_SIZE));
	memory_drop(&one.owner, 8);
	memory_drop(&one.owner, 7);
	memory_drop(&one.owner, 7);
	EQ(-1, value_of(&one, 7));
	EQ(1u * BLOCK_SIZE, memory_used(memory));
	EQ(0u, one.given_up);
	end();
}

CASE(a_block_that_is_here_stays_as_it_is)
{
	begin(MEMORY_STEP);
	MUST_EQ(0, keep(&one, 7, 1));
	MUST_EQ(0, keep(&one, 7, 2));
	EQ(1, value_of(&one, 7));
	EQ(1u * BLOCK_SIZE, memory_used(memory));
	end();
}

CASE(two_owners_do_not_mix)
{
	begin(MEMORY_STEP);
	MUST_EQ(0, keep(&one, 7, 1));
	EQ(-1, value_of(&two, 7));
	MUST_EQ(0, keep(&two, 7, 2));
	MUST_EQ(0, keep(&two, 8, 3));
	EQ(1, value_of(&one, 7));
	EQ(2, value_of(&two, 7));
	memory_drop(&one.owner, 8);
	memory_drop_all(&one.owner);
	EQ(-1, value_of(&one, 7));
	EQ(2, value_of(&two, 7));
	EQ(3, value_of(&two, 8));
	end();
}

CASE(a_size_is_rounded_down_to_steps_and_is_one_at_least)
{
	static const uint64_t sizes[][2] = {{0, 1},
					    {1, 1},
					    {MEMORY_STEP, 1},
					    {2 * MEMORY_STEP - 1, 1},
					    {2 * MEMORY_STEP, 2},
					    {9 * MEMORY_STEP + 5, 9}};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		begin(sizes[i][0]);
		EQ(sizes[i][1] * MEMORY_STEP, memory_size(memory));
		fill(0);
		EQ(0u, one.given_up);
		end();
	}
}

CASE(when_it_is_full_the_least_recently_used_block_goes_and_its_owner_is_told)
{
	begin(MEMORY_STEP);
	MUST_EQ(0, keep(&two, 5, 5));
	fill(100);
	MUST_EQ(0, keep(&one, 1, 1));
	EQ(1u, two.given_up);
	EQ(5u, two.last);
	EQ(-1, value_of(&two, 5));
	EQ(0u, one.given_up);
	MUST_EQ(0, keep(&two, 6, 6));
	EQ(100u, one.last);
	EQ(-1, value_of(&one, 100));
	EQ(6, value_of(&two, 6));
	EQ(memory_size(memory), memory_used(memory));
	end();
}

CASE(to_be_found_is_to_be_used)
{
	begin(MEMORY_STEP);
	fill(0);
	EQ(0, value_of(&one, 0));
	EQ(2, value_of(&one, 2));
	MUST_EQ(0, keep(&two, 0, 0));
	EQ(1u, one.last);
	MUST_EQ(0, keep(&two, 1, 0));
	EQ(3u, one.last);
	/* Being kept again is not. */
	MUST_EQ(0, keep(&one, 4, 4));
	MUST_EQ(0, keep(&two, 2, 0));
	EQ(4u, one.last);
	EQ(0, value_of(&one, 0));
	EQ(2, value_of(&one, 2));
	end();
}

CASE(blocks_that_are_needed_are_passed_over)
{
	begin(MEMORY_STEP);
	fill(0);
	one.needs[0] = one.needs[1] = one.needs[3] = true;
	for (unsigned block = 500; block < 502; block++)
		MUST_EQ(0, keep(&two, block, 9));
	EQ(0, value_of(&one, 0));
	EQ(1, value_of(&one, 1));
	EQ(-1, value_of(&one, 2));
	EQ(3, value_of(&one, 3));
	EQ(-1, value_of(&one, 4));
	EQ(2u, one.given_up);
	end();
}

CASE(when_all_are_needed_nothing_more_is_kept_and_nothing_is_lost)
{
	begin(MEMORY_STEP);
	fill(0);
	for (unsigned block = 0; block < STEP_BLOCKS; block++)
		one.needs[block] = true;
	EQ(-ENOSPC, keep(&two, 0, 9));
	EQ(-1, value_of(&two, 0));
	EQ(0u, one.given_up);
	for (unsigned block = 0; block < STEP_BLOCKS; block++)
		EQ(block, value_of(&one, block));
	/* What is here needs no room. */
	EQ(0, keep(&one, 3, 9));
	one.needs[STEP_BLOCKS - 1] = false;
	EQ(0, keep(&two, 0, 9));
	EQ(STEP_BLOCKS - 1u, one.last);
	end();
}

/* The linker calls __wrap_aligned_alloc in place of aligned_alloc, and so with free (--wrap). */
static void *steps[64];
static unsigned step_count;
static bool is_out_of_memory;

void *__real_aligned_alloc(size_t alignment, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
	void *step = is_out_of_memory ? NULL : __real_aligned_alloc(alignment, size);

	if (step)
		steps[step_count++] = step;
	return step;
}

void __real_free(void *at);
void __wrap_free(void *at);
void __wrap_free(void *at)
{
	for (unsigned i = 0; at && i < step_count; i++)
		if (steps[i] == at)
			steps[i--] = steps[--step_count];
	__real_free(at);
}

CASE(memory_is_taken_as_it_is_needed_given_back_and_taken_anew)
{
	enum { STEPS = 20, SPARE = 4 };

	begin(STEPS * MEMORY_STEP);
	EQ(0u, step_count);
	MUST_EQ(0, keep(&two, 0, 0));
	EQ(1u, step_count);
	fill(0);
	EQ(STEPS, step_count);
	memory_drop(&two.owner, 0);
	EQ(STEPS, step_count);
	memory_drop_all(&one.owner);
	while (memory_trim(memory))
		;
	EQ(SPARE, step_count);
	fill(10000);
	EQ(STEPS, step_count);
	for (uint64_t i = 0; i < STEPS * STEP_BLOCKS; i++)
		ATF_REQUIRE_EQ((uint8_t)(10000 + i), value_of(&one, 10000 + i));
	/* Spare ones that were used are spare again. */
	memory_drop_all(&one.owner);
	while (memory_trim(memory))
		;
	EQ(SPARE, step_count);
	end();
	EQ(0u, step_count);
}

CASE(without_memory_a_block_is_not_kept_and_later_it_is)
{
	begin(2 * MEMORY_STEP);
	is_out_of_memory = true;
	EQ(-ENOMEM, keep(&one, 0, 1));
	EQ(-1, value_of(&one, 0));
	EQ(0u, memory_used(memory));
	is_out_of_memory = false;
	fill(0);
	EQ(0, value_of(&one, 0));
	end();
}

/* The same in the simplest way: a row of blocks, the least recently used first. */
struct entry {
	struct book *book;
	uint64_t block;
	uint8_t value;
};
static struct entry row[2 * STEP_BLOCKS];
static unsigned row_len;

static int row_find(const struct book *book, uint64_t block)
{
	for (unsigned i = 0; i < row_len; i++)
		if (row[i].book == book && row[i].block == block)
			return (int)i;
	return -1;
}

static struct entry row_take(unsigned at)
{
	struct entry entry = row[at];

	row_len--;
	memmove(row + at, row + at + 1, (row_len - at) * sizeof(*row));
	return entry;
}

static void row_use(unsigned at)
{
	struct entry entry = row_take(at);

	row[row_len++] = entry;
}

static int row_keep(struct book *book, uint64_t block, uint8_t value)
{
	unsigned tries = row_len;

	if (row_find(book, block) >= 0)
		return 0;
	while (row_len == 2 * STEP_BLOCKS) {
		if (tries-- == 0)
			return -ENOSPC;
		if (row[0].book->needs[row[0].block])
			row_use(0);
		else
			row_take(0);
	}
	row[row_len++] = (struct entry){.book = book, .block = block, .value = value};
	return 0;
}

static void move(struct book *book, uint64_t block)
{
	int what = rand() % 100, at = row_find(book, block), err;
	uint8_t value = (uint8_t)rand();

	if (what < 50) {
		err = row_keep(book, block, value);
		ATF_REQUIRE_EQ(err, keep(book, block, value));
	} else if (what < 75) {
		ATF_REQUIRE_EQ(at < 0 ? -1 : row[at].value, value_of(book, block));
		if (at >= 0)
			row_use((unsigned)at);
	} else if (what < 85) {
		memory_drop(&book->owner, block);
		if (at >= 0)
			row_take((unsigned)at);
	} else if (what < 99 || rand() % 20) {
		book->needs[block] = rand() % 4 > 0;
	} else {
		memory_drop_all(&book->owner);
		for (unsigned i = row_len; i-- > 0;)
			if (row[i].book == book)
				row_take(i);
	}
}

CASE_ABOUT(it_agrees_with_a_row_of_blocks_in_the_order_of_their_use, "random moves, with fixed seeds")
{
	for (unsigned seed = 1; seed <= LONG_OR_SHORT(200u, 10u); seed++) {
		srand(seed);
		row_len = 0;
		begin(2 * MEMORY_STEP);
		for (int i = 0; i < 4000; i++) {
			move(rand() % 2 ? &one : &two, (uint64_t)rand() % 100);
			ATF_REQUIRE_EQ(row_len * BLOCK_SIZE, memory_used(memory));
		}
		for (unsigned i = 0; i < row_len; i++)
			ATF_REQUIRE_EQ(row[i].value, value_of(row[i].book, row[i].block));
		end();
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, a_block_is_found_until_it_is_dropped);
	ATF_TP_ADD_TC(tp, a_block_that_is_here_stays_as_it_is);
	ATF_TP_ADD_TC(tp, two_owners_do_not_mix);
	ATF_TP_ADD_TC(tp, a_size_is_rounded_down_to_steps_and_is_one_at_least);
	ATF_TP_ADD_TC(tp, when_it_is_full_the_least_recently_used_block_goes_and_its_owner_is_told);
	ATF_TP_ADD_TC(tp, to_be_found_is_to_be_used);
	ATF_TP_ADD_TC(tp, blocks_that_are_needed_are_passed_over);
	ATF_TP_ADD_TC(tp, when_all_are_needed_nothing_more_is_kept_and_nothing_is_lost);
	ATF_TP_ADD_TC(tp, memory_is_taken_as_it_is_needed_given_back_and_taken_anew);
	ATF_TP_ADD_TC(tp, without_memory_a_block_is_not_kept_and_later_it_is);
	ATF_TP_ADD_TC(tp, it_agrees_with_a_row_of_blocks_in_the_order_of_their_use);
	return atf_no_error();
}
