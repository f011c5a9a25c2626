/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "base/block.h"
#include "store/memory.h"

enum { STEP_BLOCKS = MEMORY_STEP / BLOCK_SIZE, STEPS = 20, BLOCKS = STEPS * STEP_BLOCKS, SPARE = 4 };

static struct memory *memory;
static struct memory_owner owner;
static uint8_t bytes[BLOCK_SIZE];

static bool on_give_up(void *arg, uint64_t block)
{
	(void)arg;
	(void)block;
	return true;
}

/* The linker calls __wrap_aligned_alloc in place of aligned_alloc (--wrap). */
static unsigned allocated;

void *__real_aligned_alloc(size_t alignment, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
	allocated++;
	return __real_aligned_alloc(alignment, size);
}

static void fill(uint64_t blocks)
{
	for (uint64_t block = 0; block < blocks; block++)
		MUST_EQ(0, memory_keep(&owner, block, bytes));
}

CASE(what_was_used_since_the_last_trim_is_kept_and_the_rest_given_back)
{
	MUST_EQ(0, memory_open(&memory, STEPS * MEMORY_STEP));
	owner = (struct memory_owner){.memory = memory, .give_up = on_give_up};
	fill(BLOCKS);
	EQ(STEPS, allocated);
	memory_drop_all(&owner);
	ATF_CHECK(memory_trim(memory));
	/* A stream's next window finds all of it. */
	fill(BLOCKS);
	EQ(STEPS, allocated);
	memory_drop_all(&owner);
	ATF_CHECK(memory_trim(memory));
	/* The next ones are smaller. */
	fill(BLOCKS / 2);
	memory_drop_all(&owner);
	ATF_CHECK(memory_trim(memory));
	ATF_CHECK(!memory_trim(memory));
	fill(BLOCKS);
	EQ(STEPS + STEPS - SPARE, allocated);
	memory_drop_all(&owner);
	memory_close(memory);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, what_was_used_since_the_last_trim_is_kept_and_the_rest_given_back);
	return atf_no_error();
}
