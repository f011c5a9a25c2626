/* SPDX-License-Identifier: MIT */
/*
 * Hash blocks on their way to those who wait for them.
 */
#include "unit.h"

#include "tree_rig.h"

CASE(all_levels_are_asked_for_at_once)
{
	struct tree_waiter *waiter;

	tree_rig_begin(20000, 1);
	waiter = tree_rig_await(0, 0, 1);
	EQ(3u, tree_rig_flying());
	ATF_CHECK(!hashes_has(&tree_rig.tree->hashes, 0, 1));
	tree_rig_serve_all();
	ATF_CHECK(waiter->came > 0 && hashes_has(&tree_rig.tree->hashes, 0, 1));
	EQ(HASHES_TRUE, tree_rig_check(0, true));
	EQ(HASHES_WRONG, tree_rig_check(0, false));
	EQ(HASHES_TRUE, tree_rig_check(127, true));
	EQ(HASHES_UNKNOWN, tree_rig_check(128, true));
	EQ(3u * 4096, tree_rig.counters.hash_bytes);
	tree_rig_nothing_is_left();
	tree_rig_end();
}

CASE(what_comes_before_what_is_above_it_waits_unproven)
{
	tree_rig_begin(20000, 1);
	tree_rig_await(0, 0, 300);
	tree_rig_serve(1 + 2); /* the leaves: 0 top, 1 and 2 middle, then they */
	EQ(HASHES_UNKNOWN, tree_rig_check(0, true));
	tree_rig_serve(1);
	EQ(HASHES_UNKNOWN, tree_rig_check(0, true));
	tree_rig_serve(0);
	ATF_CHECK(hashes_has(&tree_rig.tree->hashes, 0, 300));
	EQ(HASHES_TRUE, tree_rig_check(299, true));
	EQ(HASHES_WRONG, tree_rig_check(299, false));
	tree_rig_nothing_is_left();
	tree_rig_end();
}

CASE(trouble_is_told_and_tried_again_while_anybody_waits)
{
	struct tree_waiter *waiter;

	tree_rig_begin(128, 1);
	waiter = tree_rig_await(0, 0, 128);
	fake_fetch_status(tree_rig_at(0), 404);
	EQ(1u, waiter->troubles);
	ATF_CHECK_STREQ(
		"hashes at bytes 4096-8191 of http://m0/image.verity: the server answers 404 (Not Found)",
		waiter->why);
	EQ(0u, tree_rig_flying());
	fake_loop_advance(tree_rig.loop, 100);
	fake_fetch_end(tree_rig_at(0), "reset");
	EQ(2u, waiter->troubles);
	/* Pauses grow, and none is longer than RETRY_MOST_MS. */
	for (int i = 0; i < 8; i++) {
		ATF_CHECK(fake_loop_next_ms(tree_rig.loop) <= 5000);
		fake_loop_advance(tree_rig.loop, 5000);
		fake_fetch_end(tree_rig_at(0), "reset");
	}
	ATF_CHECK(fake_loop_next_ms(tree_rig.loop) >= 2500);
	fake_loop_advance(tree_rig.loop, 5000);
	tree_rig_serve_all();
	EQ(HASHES_TRUE, tree_rig_check(0, true));
	tree_rig_nothing_is_left();
	tree_rig_end();
}

CASE(when_nobody_waits_any_more_nothing_is_tried_again)
{
	tree_rig_begin(300, 1);
	tree_rig_await(0, 0, 300);
	fake_fetch_end(tree_rig_for_block(0), "reset");
	tree_rig_end_wait(0);
	fake_fetch_end(tree_rig_for_block(1), "reset");
	EQ(0u, tree_rig_flying());
	fake_loop_advance(tree_rig.loop, 10000);
	tree_rig_nothing_is_left();
	tree_rig_await(0, 0, 300);
	tree_rig_end_wait(0);
	/* What came for nobody is dropped where it cannot be proven, else kept. */
	tree_rig_serve(1);
	EQ(1u, tree_rig_flying());
	tree_rig_serve(0);
	tree_rig_nothing_is_left();
	tree_rig_await(0, 0, 300);
	tree_rig_serve_all();
	EQ(HASHES_TRUE, tree_rig_check(0, true));
	tree_rig_end();
}

CASE(waits_share_what_is_on_its_way)
{
	tree_rig_begin(20000, 1);
	tree_rig_await(0, 0, 128);
	tree_rig_await(1, 0, 128);
	tree_rig_await(2, 64, 300);
	EQ(4u, tree_rig_flying());
	EQ(2u * 4096, tree_rig_at(3)->len);
	tree_rig_end_wait(0);
	tree_rig_serve_all();
	ATF_CHECK(hashes_has(&tree_rig.tree->hashes, 0, 300));
	EQ(5u, fake_fetch_sent(tree_rig.fetch) / 4096);
	/* What is here is not asked for again. */
	tree_rig_await(0, 0, 300);
	EQ(0u, tree_rig_flying());
	tree_rig_end();
}

CASE(a_wait_may_end_itself_and_all_others_when_it_is_told)
{
	for (int how = 0; how < 3; how++) {
		tree_rig_begin(300, 1);
		for (unsigned i = 0; i < TREE_RIG_WAITERS; i++)
			tree_rig_await(i, 0, 300)->manner = WAITER_ENDS_ALL;
		if (how == 0)
			tree_rig_serve(0);
		else if (how == 1)
			fake_fetch_end(tree_rig_for_block(0), "reset");
		else
			for (int tries = 0; tries < 2; tries++)
				tree_rig_lie(0, FAKE_ZEROS);
		for (unsigned i = 0; i < TREE_RIG_WAITERS; i++)
			ATF_CHECK(!tree_rig.waiters[i]);
		tree_rig_serve_all();
		fake_loop_advance(tree_rig.loop, 10000);
		tree_rig_nothing_is_left();
		tree_rig_end();
	}
}

CASE(a_wait_may_begin_when_another_is_told)
{
	struct tree_waiter *waiter;

	tree_rig_begin(300, 1);
	tree_rig_await(1, 0, 300);
	waiter = tree_rig_await(0, 0, 300);
	waiter->manner = WAITER_BEGINS_AGAIN;
	tree_rig_lie(0, FAKE_FLIPPED);
	tree_rig_lie(0, FAKE_FLIPPED);
	EQ(1u, waiter->lost);
	/* It has set off the next try itself. */
	ATF_CHECK(tree_is_waiting(&waiter->wait));
	tree_rig_serve_all();
	EQ(HASHES_TRUE, tree_rig_check(0, true));
	tree_rig_nothing_is_left();
	tree_rig_end();
}

CASE(without_memory_it_tries_again_later)
{
	tree_rig_begin(300, 1);
	fake_fetch_refuse(tree_rig.fetch, 2);
	tree_rig_await(0, 0, 300);
	EQ(0u, tree_rig_flying());
	fake_loop_advance(tree_rig.loop, 5000);
	EQ(2u, tree_rig_flying());
	tree_rig_serve_all();
	EQ(HASHES_TRUE, tree_rig_check(0, true));
	/* Also where a wrong one is asked for again. */
	tree_rig_nothing_is_left();
	tree_rig_end();
	tree_rig_begin(300, 1);
	tree_rig_await(0, 0, 300);
	tree_rig_serve(0);
	fake_fetch_refuse(tree_rig.fetch, 1);
	tree_rig_lie(1, FAKE_ZEROS);
	EQ(0u, tree_rig_flying());
	fake_loop_advance(tree_rig.loop, 5000);
	tree_rig_serve_all();
	EQ(HASHES_TRUE, tree_rig_check(0, true));
	tree_rig_nothing_is_left();
	tree_rig_end();
}

CASE(a_long_range_takes_few_requests_of_bounded_size)
{
	/* 65 leaves: one more than a request holds. */
	tree_rig_begin(65 * 128, 1);
	tree_rig_await(0, 0, 65 * 128);
	EQ(3u, tree_rig_flying());
	EQ(64u * 4096, tree_rig_for_block(1)->len);
	EQ(4096u, tree_rig_for_block(65)->len);
	tree_rig_serve_all();
	EQ(HASHES_TRUE, tree_rig_check(65 * 128 - 1, true));
	tree_rig_nothing_is_left();
	tree_rig_end();
}

CASE(an_image_of_one_block_has_no_hash_blocks)
{
	tree_rig_begin(1, 1);
	ATF_CHECK(hashes_give_head(&tree_rig.tree->hashes, NULL, 0));
	ATF_CHECK(hashes_has(&tree_rig.tree->hashes, 0, 1));
	tree_rig_await(0, 0, 1);
	EQ(0u, tree_rig_flying());
	EQ(HASHES_TRUE, tree_rig_check(0, true));
	EQ(HASHES_WRONG, tree_rig_check(0, false));
	tree_rig_end();
}

CASE(a_tree_can_be_closed_while_all_is_on_its_way)
{
	tree_rig_begin(20000, 1);
	tree_rig_await(0, 0, 300);
	tree_rig_serve(3);
	fake_fetch_end(tree_rig_for_block(0), "reset");
	tree_rig_end();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, all_levels_are_asked_for_at_once);
	ATF_TP_ADD_TC(tp, what_comes_before_what_is_above_it_waits_unproven);
	ATF_TP_ADD_TC(tp, trouble_is_told_and_tried_again_while_anybody_waits);
	ATF_TP_ADD_TC(tp, when_nobody_waits_any_more_nothing_is_tried_again);
	ATF_TP_ADD_TC(tp, waits_share_what_is_on_its_way);
	ATF_TP_ADD_TC(tp, a_wait_may_end_itself_and_all_others_when_it_is_told);
	ATF_TP_ADD_TC(tp, a_wait_may_begin_when_another_is_told);
	ATF_TP_ADD_TC(tp, without_memory_it_tries_again_later);
	ATF_TP_ADD_TC(tp, a_long_range_takes_few_requests_of_bounded_size);
	ATF_TP_ADD_TC(tp, an_image_of_one_block_has_no_hash_blocks);
	ATF_TP_ADD_TC(tp, a_tree_can_be_closed_while_all_is_on_its_way);
	return atf_no_error();
}
