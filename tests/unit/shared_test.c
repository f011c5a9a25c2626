/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "engine/shared.h"

#include <sys/mman.h>
#include <unistd.h>

static int memory(size_t size)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	ATF_REQUIRE(fd >= 0 && ftruncate(fd, (off_t)size) == 0);
	return fd;
}

CASE(what_an_engine_puts_there_is_there_for_the_next)
{
	static struct shared first, next;
	int counters = memory(sizeof(struct counters)), hashes = memory(sizeof(struct shelf));

	shared_map(&first, counters, hashes);
	first.counters->requests = 7;
	shelf_mark(first.shelf, SHELF_BLOCKS - 1);
	first.repute->tree.mirrors[MIRROR_COUNT_MAX - 1].lied_ms = 9;
	shared_map(&next, counters, hashes);
	EQ(7u, next.counters->requests);
	ATF_CHECK(shelf_has(next.shelf, SHELF_BLOCKS - 1));
	EQ(9u, next.repute->tree.mirrors[MIRROR_COUNT_MAX - 1].lied_ms);
	close(counters);
	close(hashes);
}

/* The bits of versions before filled half of the first page, and the other half was zeros. */
CASE(hash_blocks_and_mirrors_do_not_touch)
{
	static struct shared shared;
	int hashes = memory(sizeof(struct shelf));

	shared_map(&shared, -1, hashes);
	for (uint64_t block = 0; block < SHELF_BLOCKS; block++) {
		shelf_mark(shared.shelf, block);
		ATF_REQUIRE(shelf_has(shared.shelf, block));
	}
	for (size_t i = 0; i < BLOCK_SIZE - SHELF_BLOCKS / 8; i++)
		EQ(0u, shared.shelf->rest[i]);
	EQ(BLOCK_SIZE / 2, (uint8_t *)shared.repute - (uint8_t *)shared.shelf);
	ATF_CHECK(sizeof(struct repute) <= BLOCK_SIZE / 2);
	EQ(BLOCK_SIZE, shared.shelf->blocks[0] - (uint8_t *)shared.shelf);
	close(hashes);
}

CASE_ABOUT(memory_that_is_not_there_or_too_short_is_not_used, "the counters are then the engine's own")
{
	static struct shared shared;
	int short_one = memory(sizeof(struct shelf) - 1), none = memory(0);

	shared_map(&shared, -1, -1);
	ATF_CHECK(shared.counters == &shared.own_counters && !shared.shelf && !shared.repute);
	shared_map(&shared, none, short_one);
	ATF_CHECK(shared.counters == &shared.own_counters && !shared.shelf && !shared.repute);
	close(short_one);
	close(none);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, what_an_engine_puts_there_is_there_for_the_next);
	ATF_TP_ADD_TC(tp, hash_blocks_and_mirrors_do_not_touch);
	ATF_TP_ADD_TC(tp, memory_that_is_not_there_or_too_short_is_not_used);
	return atf_no_error();
}
