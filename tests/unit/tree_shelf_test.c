/* SPDX-License-Identifier: MIT */
/*
 * Hash blocks that outlive their tree, and what the next one makes of what it finds.
 */
#include "unit.h"

#include "tree_rig.h"
#include "trust/shelf.h"

static struct shelf *shelf;

/* A tree over 300 blocks that has all of its hash blocks on the shelf: 0 is the top, 1 to 3 are the leaves. */
static void begin_with_all(void)
{
	shelf = calloc(1, sizeof(*shelf));
	ATF_REQUIRE(shelf);
	tree_rig_begin(300, 1);
	tree_rig_await(0, 0, 128);
	tree_rig_serve_all();
	/* What is there when the shelf comes goes there as well. */
	hashes_use_shelf(&tree_rig.tree->hashes, shelf);
	tree_rig_await(1, 0, 300);
	tree_rig_serve_all();
	ATF_CHECK(hashes_has(&tree_rig.tree->hashes, 0, 300));
	EQ(HASHES_TRUE, tree_rig_check(299, true));
	tree_rig_end();
}

static void begin_next(void)
{
	tree_rig_begin(300, 1);
	hashes_use_shelf(&tree_rig.tree->hashes, shelf);
}

static void end(void)
{
	tree_rig_end();
	free(shelf);
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
		shelf->blocks[changed][changed * 32] ^= 1;
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
	shelf = calloc(1, sizeof(*shelf));
	ATF_REQUIRE(shelf);
	memset(shelf->has, 0xff, sizeof(shelf->has));
	begin_next();
	ATF_CHECK(!hashes_has(&tree_rig.tree->hashes, 0, 1));
	tree_rig_await(0, 0, 300);
	tree_rig_serve_all();
	EQ(HASHES_TRUE, tree_rig_check(0, true));
	end();
}

CASE(what_finds_no_place_there_is_kept_elsewhere)
{
	shelf = calloc(1, sizeof(*shelf));
	ATF_REQUIRE(shelf);
	ATF_CHECK(!shelf_place(shelf, SHELF_BLOCKS) && !shelf_place(NULL, 0));
	ATF_CHECK(!shelf_has(shelf, SHELF_BLOCKS) && !shelf_has(NULL, 0));
	shelf_mark(shelf, SHELF_BLOCKS);
	shelf_mark(NULL, 0);
	ATF_CHECK(!shelf_holds(shelf, shelf->blocks[SHELF_BLOCKS]) && !shelf_holds(NULL, NULL));
	ATF_CHECK(shelf_holds(shelf, shelf->blocks[SHELF_BLOCKS - 1]));
	free(shelf);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, the_next_tree_asks_for_nothing_that_is_there);
	ATF_TP_ADD_TC(tp, a_block_that_was_changed_is_not_taken_up);
	ATF_TP_ADD_TC(tp, a_claim_that_nothing_stands_behind_is_not_believed);
	ATF_TP_ADD_TC(tp, what_finds_no_place_there_is_kept_elsewhere);
	return atf_no_error();
}
