/* SPDX-License-Identifier: MIT */
/*
 * Hash blocks that outlive their tree, and what the next one makes of what it finds.
 */
#include "unit.h"

#include "tree_rig.h"
#include "trust/hash_cache.h"

static struct hash_cache *hash_cache;

/* A tree over 300 blocks that has all of its hash blocks in the cache: 0 is the top, 1 to 3 are the leaves. */
static void begin_with_all(void)
{
	hash_cache = calloc(1, sizeof(*hash_cache));
	ATF_REQUIRE(hash_cache);
	tree_rig_begin(300, 1);
	tree_rig_await(0, 0, 128);
	tree_rig_serve_all();
	/* What is there when the cache comes goes there as well. */
	hashes_use_cache(&tree_rig.tree->hashes, hash_cache);
	tree_rig_await(1, 0, 300);
	tree_rig_serve_all();
	ATF_CHECK(hashes_has(&tree_rig.tree->hashes, 0, 300));
	EQ(HASHES_TRUE, tree_rig_check(299, true));
	tree_rig_end();
}

static void begin_next(void)
{
	tree_rig_begin(300, 1);
	hashes_use_cache(&tree_rig.tree->hashes, hash_cache);
}

static void end(void)
{
	tree_rig_end();
	free(hash_cache);
}

CASE(the_next_tree_asks_for_nothing_that_is_there)
{
	begin_with_all();
	begin_next();
	ATF_CHECK(hashes_has(&tree_rig.tree->hashes, 0, 300));
	tree_rig_await(0, 0, 300);
	EQ(0u, tree_rig_flying());
	for (uint64_t block = 0; block < 300; block++) {
		EQ(HASHES_TRUE, tree_rig_check(block, true));
		EQ(HASHES_WRONG, tree_rig_check(block, false));
	}
	end();
}

CASE(a_block_that_was_changed_is_not_taken_up)
{
	for (uint64_t changed = 0; changed < 4; changed++) {
		begin_with_all();
		hash_cache->blocks[changed][changed * 32] ^= 1;
		begin_next();
		/* Without the top nothing can be proven. */
		EQ(changed != 0 && changed != 1, hashes_has(&tree_rig.tree->hashes, 0, 128));
		EQ(changed != 0 && changed != 2, hashes_has(&tree_rig.tree->hashes, 128, 256));
		EQ(changed != 0 && changed != 3, hashes_has(&tree_rig.tree->hashes, 256, 300));
		/* It comes from the server, and lies right there for the one after. */
		tree_rig_await(0, 0, 300);
		tree_rig_serve_all();
		tree_rig_end();
		begin_next();
		ATF_CHECK(hashes_has(&tree_rig.tree->hashes, 0, 300));
		end();
	}
}

CASE(a_claim_that_nothing_stands_behind_is_not_believed)
{
	hash_cache = calloc(1, sizeof(*hash_cache));
	ATF_REQUIRE(hash_cache);
	memset(hash_cache->has, 0xff, sizeof(hash_cache->has));
	begin_next();
	ATF_CHECK(!hashes_has(&tree_rig.tree->hashes, 0, 1));
	tree_rig_await(0, 0, 300);
	tree_rig_serve_all();
	EQ(HASHES_TRUE, tree_rig_check(0, true));
	end();
}

CASE(what_finds_no_place_there_is_kept_elsewhere)
{
	hash_cache = calloc(1, sizeof(*hash_cache));
	ATF_REQUIRE(hash_cache);
	ATF_CHECK(!hash_cache_place(hash_cache, HASH_CACHE_BLOCKS) && !hash_cache_place(NULL, 0));
	ATF_CHECK(!hash_cache_has(hash_cache, HASH_CACHE_BLOCKS) && !hash_cache_has(NULL, 0));
	hash_cache_mark(hash_cache, HASH_CACHE_BLOCKS);
	hash_cache_mark(NULL, 0);
	ATF_CHECK(!hash_cache_holds(hash_cache, hash_cache->blocks[HASH_CACHE_BLOCKS]) &&
		  !hash_cache_holds(NULL, NULL));
	ATF_CHECK(hash_cache_holds(hash_cache, hash_cache->blocks[HASH_CACHE_BLOCKS - 1]));
	free(hash_cache);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, the_next_tree_asks_for_nothing_that_is_there);
	ATF_TP_ADD_TC(tp, a_block_that_was_changed_is_not_taken_up);
	ATF_TP_ADD_TC(tp, a_claim_that_nothing_stands_behind_is_not_believed);
	ATF_TP_ADD_TC(tp, what_finds_no_place_there_is_kept_elsewhere);
	return atf_no_error();
}
