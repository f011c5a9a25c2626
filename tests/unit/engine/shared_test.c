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
	int counters = memory(sizeof(struct counters)), hashes = memory(sizeof(struct hash_cache)),
	    record = memory(sizeof(struct record));
	struct engine_options options = {
		.counters = counters, .hash_cache = hashes, .record = record, .kept = -1};

	shared_map(&first, &options);
	first.counters->requests = 7;
	hash_cache_mark(first.hash_cache, HASH_CACHE_BLOCKS - 1);
	first.record->touches[RECORD_TOUCHES_MAX - 1].count = 3;
	first.stats->tree.mirrors[MIRROR_COUNT_MAX - 1].lied_ms = 9;
	shared_map(&next, &options);
	EQ(7u, next.counters->requests);
	ATF_CHECK(hash_cache_has(next.hash_cache, HASH_CACHE_BLOCKS - 1));
	EQ(9u, next.stats->tree.mirrors[MIRROR_COUNT_MAX - 1].lied_ms);
	EQ(3u, next.record->touches[RECORD_TOUCHES_MAX - 1].count);
	close(counters);
	close(hashes);
	close(record);
}

/* The bits of versions before filled half of the first page, and the other half was zeros. */
CASE(hash_blocks_and_mirrors_do_not_touch)
{
	static struct shared shared;
	int hashes = memory(sizeof(struct hash_cache));

	shared_map(&shared,
		   &(struct engine_options){.counters = -1, .hash_cache = hashes, .record = -1, .kept = -1});
	for (uint64_t block = 0; block < HASH_CACHE_BLOCKS; block++) {
		hash_cache_mark(shared.hash_cache, block);
		ATF_REQUIRE(hash_cache_has(shared.hash_cache, block));
	}
	for (size_t i = 0; i < BLOCK_SIZE - HASH_CACHE_BLOCKS / 8; i++)
		EQ(0u, shared.hash_cache->rest[i]);
	EQ(BLOCK_SIZE / 2, (uint8_t *)shared.stats - (uint8_t *)shared.hash_cache);
	ATF_CHECK(sizeof(struct mirror_stats) <= BLOCK_SIZE / 2);
	EQ(BLOCK_SIZE, shared.hash_cache->blocks[0] - (uint8_t *)shared.hash_cache);
	close(hashes);
}

CASE_ABOUT(memory_that_is_not_there_or_too_short_is_not_used, "the counters are then the engine's own")
{
	static struct shared shared;
	int short_one = memory(sizeof(struct hash_cache) - 1), none = memory(0);

	shared_map(&shared,
		   &(struct engine_options){.counters = -1, .hash_cache = -1, .record = -1, .kept = -1});
	ATF_CHECK(shared.counters == &shared.own_counters && !shared.hash_cache && !shared.stats &&
		  !shared.record && !shared.kept);
	shared_map(&shared, &(struct engine_options){
				    .counters = none, .hash_cache = short_one, .record = none, .kept = none});
	ATF_CHECK(shared.counters == &shared.own_counters && !shared.hash_cache && !shared.stats &&
		  !shared.record && !shared.kept);
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
