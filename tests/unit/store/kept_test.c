/* SPDX-License-Identifier: MIT */
/* Blocks in memory that outlives the engine: what one engine puts, the next one finds, whatever lies there. */
#include "unit.h"

#include "base/block.h"
#include "store/kept.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SLOTS = 200, OWNER_BLOCKS = 5000 };

#define B UINT64_C(4096)
/* One block has the table. */
#define REGION ((SLOTS + 1) * B)

static uint8_t *region;
static struct kept *kept;
static struct kept_owner image, other;
static uint64_t claims[SLOTS + 1];
static unsigned claim_count;

static void on_claim(void *arg, uint64_t block)
{
	ATF_REQUIRE(arg == claims && claim_count < SLOTS);
	claims[claim_count++] = block;
}

/* An engine begins, and another one has been before it if the region is there. */
static void begin(void)
{
	if (!region)
		region = mmap(NULL, REGION, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ATF_REQUIRE(region != MAP_FAILED);
	MUST_EQ(0, kept_open(&kept, region, REGION));
	MUST_EQ(0, kept_owner_init(&image, kept, 7, OWNER_BLOCKS));
	MUST_EQ(0, kept_owner_init(&other, kept, 8, OWNER_BLOCKS));
	claim_count = 0;
	kept_adopt(&image, on_claim, claims);
	EQ(claim_count, image.count);
}

static void end(void)
{
	kept_owner_fini(&image);
	kept_owner_fini(&other);
	kept_close(kept);
}

static void engine_dies(void)
{
	end();
	begin();
}

static int put(struct kept_owner *owner, uint64_t block)
{
	static _Alignas(4096) uint8_t bytes[4096];

	memset(bytes, (int)(block * 7 + owner->id), sizeof(bytes));
	return kept_put(owner, block, bytes);
}

static bool is_right(const struct kept_owner *owner, uint64_t block)
{
	const uint8_t *bytes = kept_find(owner, block);

	for (unsigned i = 0; bytes && i < B; i++)
		if (bytes[i] != (uint8_t)(block * 7 + owner->id))
			return false;
	return bytes != NULL;
}

CASE(what_is_put_is_found_by_its_owner)
{
	begin();
	EQ(SLOTS * B, kept_size(kept));
	for (uint64_t block = 0; block < OWNER_BLOCKS; block += 101) {
		MUST_EQ(0, put(&image, block));
		MUST_EQ(0, put(&other, block));
	}
	for (uint64_t block = 0; block < OWNER_BLOCKS; block++) {
		EQ(block % 101 == 0, is_right(&image, block));
		EQ(block % 101 == 0, is_right(&other, block));
	}
	ATF_CHECK(!kept_find(&image, OWNER_BLOCKS));
	EQ(-ENOSPC, put(&image, OWNER_BLOCKS));
	end();
}

CASE(the_next_engine_finds_what_was_kept_and_nothing_that_was_dropped)
{
	begin();
	EQ(0u, claim_count);
	for (uint64_t block = 100; block < 110; block++)
		MUST_EQ(0, put(&image, block));
	MUST_EQ(0, put(&other, 100));
	kept_drop(&image, 104);
	engine_dies();
	EQ(9u, claim_count);
	for (uint64_t block = 100; block < 110; block++)
		EQ(block != 104, is_right(&image, block));
	/* This engine puts what it puts where nothing is. */
	MUST_EQ(0, put(&image, 104));
	MUST_EQ(0, put(&image, 200));
	engine_dies();
	EQ(11u, claim_count);
	ATF_CHECK(is_right(&image, 104) && is_right(&image, 200) && is_right(&image, 100));
	/* An owner that this engine does not have keeps its own, too. */
	kept_adopt(&other, on_claim, claims);
	ATF_CHECK(is_right(&other, 100));
	end();
}

CASE(one_block_has_one_place)
{
	begin();
	for (unsigned i = 0; i < 3 * SLOTS; i++)
		MUST_EQ(0, put(&image, 5));
	EQ(1u, image.count);
	engine_dies();
	EQ(1u, claim_count);
	end();
}

CASE(when_it_is_full_nothing_is_given_up)
{
	begin();
	for (uint64_t block = 0; block < SLOTS; block++)
		MUST_EQ(0, put(&image, block));
	EQ(-ENOSPC, put(&image, SLOTS));
	EQ(-ENOSPC, put(&other, 0));
	kept_drop(&image, 17);
	MUST_EQ(0, put(&other, 0));
	EQ(-ENOSPC, put(&image, 17));
	engine_dies();
	EQ(SLOTS - 1, claim_count);
	EQ(-ENOSPC, put(&image, 17));
	ATF_CHECK(is_right(&image, 0) && is_right(&image, SLOTS - 1));
	end();
}

/* The table, as kept.c has it: two words at first, and two for each slot. */
static uint64_t *words(void)
{
	return (uint64_t *)region;
}

CASE(a_table_that_was_written_by_an_enemy_claims_nothing_twice_and_nothing_beyond_the_end)
{
	begin();
	for (uint64_t block = 0; block < 4; block++)
		MUST_EQ(0, put(&image, block));
	words()[3] = OWNER_BLOCKS;
	words()[5] = 2;
	engine_dies();
	/* Of two that say the same one goes. */
	EQ(2u, claim_count);
	ATF_CHECK(kept_find(&image, 2) && kept_find(&image, 3));
	/* What was wrong is free. */
	for (uint64_t block = 1000; block < 1000 + SLOTS - 2; block++)
		MUST_EQ(0, put(&image, block));
	EQ(-ENOSPC, put(&image, 3000));
	engine_dies();
	EQ(SLOTS, claim_count);
	end();
}

CASE(what_another_version_left_is_not_looked_at)
{
	for (unsigned word = 0; word < 2; word++) {
		begin();
		MUST_EQ(0, put(&image, 3));
		words()[word] = word ? SLOTS + 1 : 99;
		engine_dies();
		EQ(0u, claim_count);
		MUST_EQ(0, put(&image, 4));
		engine_dies();
		EQ(1u, claim_count);
		ATF_CHECK(is_right(&image, 4));
		kept_drop(&image, 4);
		end();
	}
}

/* Blocks whose bytes are all the same, each time others, until somebody kills it. */
static void write_for_ever(void)
{
	static _Alignas(4096) uint8_t bytes[4096];

	for (unsigned i = 0;; i++) {
		memset(bytes, (int)i, sizeof(bytes));
		kept_put(&image, i % 8, bytes);
	}
}

CASE_ABOUT(an_engine_that_is_killed_leaves_no_torn_block, "without a hash tree nothing would tell")
{
	unsigned found = 0;

	begin();
	for (unsigned round = 0; round < 50; round++) {
		pid_t engine = fork();

		if (engine == 0)
			write_for_ever();
		usleep(1000 + round * 20);
		kill(engine, SIGKILL);
		MUST_EQ(engine, waitpid(engine, NULL, 0));
		engine_dies();
		for (uint64_t block = 0; block < 8; block++) {
			const uint8_t *bytes = kept_find(&image, block);

			for (unsigned i = 0; bytes && i < B; i++)
				MUST_EQ(bytes[0], bytes[i]);
			found += bytes != NULL;
		}
	}
	ATF_CHECK(found > 50);
	end();
}

CASE(a_region_without_room_for_a_block_is_refused)
{
	static _Alignas(4096) uint8_t small[2 * 4096];

	EQ(-EINVAL, kept_open(&kept, small, 4096));
	EQ(-EINVAL, kept_open(&kept, small, 0));
	MUST_EQ(0, kept_open(&kept, small, 8192));
	EQ(4096u, kept_size(kept));
	kept_close(kept);
	EQ(0u, kept_size(NULL));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, what_is_put_is_found_by_its_owner);
	ATF_TP_ADD_TC(tp, the_next_engine_finds_what_was_kept_and_nothing_that_was_dropped);
	ATF_TP_ADD_TC(tp, one_block_has_one_place);
	ATF_TP_ADD_TC(tp, when_it_is_full_nothing_is_given_up);
	ATF_TP_ADD_TC(tp,
		      a_table_that_was_written_by_an_enemy_claims_nothing_twice_and_nothing_beyond_the_end);
	ATF_TP_ADD_TC(tp, what_another_version_left_is_not_looked_at);
	ATF_TP_ADD_TC(tp, an_engine_that_is_killed_leaves_no_torn_block);
	ATF_TP_ADD_TC(tp, a_region_without_room_for_a_block_is_refused);
	return atf_no_error();
}
