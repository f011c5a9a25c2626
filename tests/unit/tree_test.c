/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "counters.h"
#include "fake_loop.h"
#include "fake_tree.h"
#include "tree.h"

#include <errno.h>

/* Somebody who waits; on the heap, so that use after its end shows. */
struct waiter {
	struct tree_wait wait;
	unsigned came, troubles, lost;
	uint64_t lost_begin, lost_end;
	char why[1024];
	enum { STAYS, ENDS_WHEN_LOST, ENDS_ALL, BEGINS_AGAIN } manner;
};

enum { WAITERS = 4 };

/*
 * Of 300 blocks hash block 0 is the top, 1 to 3 the leaves over 0-127, 128-255, 256-299. Of 20000 there are three levels:
 * 0, then 1 and 2, then the leaves from 3 on.
 */

static struct {
	struct loop *loop;
	struct fetch *fetch;
	struct blob blob;
	struct fake_tree fake;
	struct tree *tree;
	struct counters counters;
	struct waiter *waiters[WAITERS];
} t;

static void end_wait(unsigned i)
{
	if (!t.waiters[i])
		return;
	tree_wait_end(t.tree, &t.waiters[i]->wait);
	free(t.waiters[i]);
	t.waiters[i] = NULL;
}

static void on_event(void *arg, enum tree_event event, uint64_t begin, uint64_t end, const char *why)
{
	struct waiter *waiter = arg;

	ATF_REQUIRE(waiter->wait.is_waiting);
	ATF_CHECK_EQ(event == TREE_CAME, why == NULL);
	snprintf(waiter->why, sizeof(waiter->why), "%s", why ? why : "");
	waiter->came += event == TREE_CAME;
	waiter->troubles += event == TREE_TROUBLE;
	if (event == TREE_FALSE) {
		waiter->lost++;
		waiter->lost_begin = begin;
		waiter->lost_end = end;
	} else {
		ATF_CHECK(begin == 0 && end == 0);
	}
	if (waiter->manner == BEGINS_AGAIN) {
		uint64_t from = waiter->wait.begin, until = waiter->wait.end;

		waiter->manner = STAYS;
		tree_wait_end(t.tree, &waiter->wait);
		tree_wait_begin(t.tree, &waiter->wait, from, until);
	} else if (waiter->manner == ENDS_WHEN_LOST && event == TREE_FALSE) {
		tree_wait_end(t.tree, &waiter->wait);
	} else if (waiter->manner == ENDS_ALL) {
		for (unsigned i = 0; i < WAITERS; i++)
			end_wait(i);
	}
}

static struct waiter *await(unsigned i, uint64_t begin, uint64_t end)
{
	struct waiter *waiter = t.waiters[i];

	if (!waiter) {
		waiter = t.waiters[i] = calloc(1, sizeof(*waiter));
		ATF_REQUIRE(waiter != NULL);
		waiter->wait = (struct tree_wait){.fn = on_event, .arg = waiter};
		waiter->manner = ENDS_WHEN_LOST;
	}
	tree_wait_begin(t.tree, &waiter->wait, begin, end);
	return waiter;
}

static void begin(uint64_t blocks, unsigned mirrors)
{
	char url[64];

	t.loop = fake_loop_open();
	t.fetch = fake_fetch_open();
	for (unsigned i = 0; i < mirrors; i++) {
		snprintf(url, sizeof(url), "http://m%u/image.verity", i);
		MUST_EQ(0, i == 0 ? blob_init(&t.blob, t.fetch, t.loop, url) : blob_add_mirror(&t.blob, url));
	}
	t.blob.is_proven = true;
	fake_tree_build(&t.fake, blocks, 8);
	MUST_EQ(0, tree_open(&t.tree, t.loop, &t.blob, &t.counters, &t.fake.verity));
}

static void end(void)
{
	for (unsigned i = 0; i < WAITERS; i++)
		end_wait(i);
	ATF_CHECK(!t.tree->waits);
	tree_close(t.tree);
	blob_fini(&t.blob);
	fake_tree_free(&t.fake);
	fetch_close(t.fetch);
	loop_close(t.loop);
}

static struct fetch_transfer *at(unsigned n)
{
	return fake_fetch_at(t.fetch, n);
}

static unsigned flying(void)
{
	return fake_fetch_flying(t.fetch);
}

/* Which transfer on the wire asks for that hash block? */
static struct fetch_transfer *for_block(uint64_t hash_block)
{
	uint64_t off = fake_tree_at(&t.fake, hash_block);

	for (unsigned i = 0; i < flying(); i++)
		if (at(i)->off <= off && off < at(i)->off + at(i)->len)
			return at(i);
	atf_tc_fail("nobody asks for hash block %u", (unsigned)hash_block);
}

static void serve(uint64_t hash_block)
{
	fake_tree_serve(&t.fake, for_block(hash_block), FAKE_RIGHT, 0);
}

static void lie(uint64_t hash_block, enum fake_lie how)
{
	fake_tree_serve(&t.fake, for_block(hash_block), how, fake_tree_at(&t.fake, hash_block) + 40);
}

static void serve_all(void)
{
	while (flying() > 0)
		fake_tree_serve(&t.fake, at(0), FAKE_RIGHT, 0);
}

static void nothing_is_left(void)
{
	EQ(0u, flying());
	EQ(0u, fake_loop_armed(t.loop));
	ATF_CHECK(!t.tree->branches);
}

/* What the tree says of one of the image's blocks, as it is or with a byte of it changed. */
static enum tree_verdict check(uint64_t block, bool is_right)
{
	uint8_t bytes[BLOCK_SIZE];
	enum tree_verdict verdict;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = fake_byte(block * BLOCK_SIZE + i);
	if (!is_right)
		bytes[4095] ^= 0x80;
	EQ(tree_check(t.tree, block, bytes, 1, &verdict), verdict == TREE_TRUE ? 1u : 0u);
	return verdict;
}

CASE(all_levels_are_asked_for_at_once)
{
	struct waiter *waiter;

	begin(20000, 1);
	waiter = await(0, 0, 1);
	EQ(3u, flying());
	ATF_CHECK(!tree_has(t.tree, 0, 1));
	serve_all();
	ATF_CHECK(waiter->came > 0 && tree_has(t.tree, 0, 1));
	EQ(TREE_TRUE, check(0, true));
	EQ(TREE_WRONG, check(0, false));
	EQ(TREE_TRUE, check(127, true));
	EQ(TREE_UNKNOWN, check(128, true));
	EQ(3u * 4096, t.counters.hash_bytes);
	nothing_is_left();
	end();
}

CASE(what_comes_before_what_is_above_it_waits_unproven)
{
	begin(20000, 1);
	await(0, 0, 300);
	serve(1 + 2); /* the leaves: 0 top, 1 and 2 middle, then they */
	EQ(TREE_UNKNOWN, check(0, true));
	serve(1);
	EQ(TREE_UNKNOWN, check(0, true));
	serve(0);
	ATF_CHECK(tree_has(t.tree, 0, 300));
	EQ(TREE_TRUE, check(299, true));
	EQ(TREE_WRONG, check(299, false));
	nothing_is_left();
	end();
}

CASE(a_wrong_leaf_that_came_first_is_found_out_when_its_parent_comes)
{
	struct waiter *waiter;

	begin(300, 2);
	waiter = await(0, 0, 300);
	lie(2, FAKE_FLIPPED);
	EQ(1u, flying());
	serve(0);
	/* Only what is wrong is asked for again, elsewhere. */
	EQ(1u, flying());
	EQ(fake_tree_at(&t.fake, 2), at(0)->off);
	EQ(4096u, at(0)->len);
	EQ(1u, fake_tree_mirror(at(0)));
	EQ(1u, t.counters.wrong_blocks);
	EQ(TREE_TRUE, check(0, true));
	EQ(TREE_UNKNOWN, check(128, true));
	serve(2);
	EQ(TREE_TRUE, check(128, true));
	EQ(0u, waiter->lost);
	nothing_is_left();
	end();
}

CASE(each_way_to_lie_about_a_hash_block_is_seen)
{
	static const enum fake_lie lies[] = {FAKE_FLIPPED, FAKE_OTHER, FAKE_ZEROS};

	for (size_t i = 0; i < 3; i++) {
		for (uint64_t block = 0; block < 3; block++) {
			begin(20000, 1);
			await(0, 0, 1);
			await(1, 128, 129);
			await(2, 16384, 16385);
			lie(block, lies[i]);
			serve_all();
			ATF_CHECK_MSG(t.counters.wrong_blocks > 0, "lie %zu about %u", i, (unsigned)block);
			EQ(TREE_TRUE, check(0, true));
			EQ(TREE_TRUE, check(16384, true));
			end();
		}
	}
}

CASE(wrong_everywhere_is_told_once_to_those_concerned_and_to_no_others)
{
	struct waiter *first, *second, *third;

	begin(300, 2);
	first = await(0, 0, 128);
	second = await(1, 100, 300);
	third = await(2, 255, 256);
	serve(0);
	serve(1);
	for (int i = 0; i < 3; i++) {
		EQ(0u, second->lost);
		EQ(i == 1 ? 1u : 0u, fake_tree_mirror(for_block(2)));
		lie(2, FAKE_FLIPPED);
	}
	EQ(0u, first->lost);
	EQ(1u, second->lost);
	EQ(1u, third->lost);
	EQ(128u, second->lost_begin);
	EQ(256u, second->lost_end);
	ATF_CHECK_STREQ(
		"hashes at bytes 12288-16383 of http://m0/image.verity: not under the root hash, as sent by "
		"http://m0/image.verity, http://m1/image.verity",
		second->why);
	EQ(TREE_UNKNOWN, check(128, true));
	/* Afresh: the same block, for whoever comes next. */
	serve_all();
	third = await(2, 255, 256);
	serve_all();
	EQ(TREE_TRUE, check(255, true));
	EQ(TREE_TRUE, check(0, true));
	nothing_is_left();
	end();
}

CASE_ABOUT(what_one_mirror_had_right_is_not_lost_by_another_that_has_it_wrong,
	   "wrong ones on both sides of it keep it in what is asked for again")
{
	struct waiter *left, *middle, *right;

	begin(640, 2);
	await(0, 0, 384);
	left = await(1, 0, 1);
	middle = await(2, 128, 129);
	right = await(3, 256, 257);
	serve(0);
	/* Leaves 1 and 3 are wrong at the first mirror, all of them at the second. */
	{
		struct fetch_transfer *transfer = for_block(1);

		fake_tree_head(&t.fake, transfer);
		fake_tree_send(&t.fake, transfer, 4096, FAKE_ZEROS, transfer->off);
		fake_tree_send(&t.fake, transfer, 4096, FAKE_RIGHT, 0);
		fake_tree_send(&t.fake, transfer, 4096, FAKE_ZEROS, transfer->off + 8192);
		fake_fetch_end(transfer, NULL);
	}
	EQ(2u, t.counters.wrong_blocks);
	EQ(TREE_TRUE, check(128, true));
	for (int i = 0; i < 2; i++) {
		struct fetch_transfer *transfer = for_block(1);

		EQ(3u * 4096, transfer->len);
		fake_tree_head(&t.fake, transfer);
		for (int block = 0; block < 3; block++)
			fake_tree_send(&t.fake, transfer, 4096, FAKE_ZEROS, transfer->off + transfer->sent);
		fake_fetch_end(transfer, NULL);
	}
	EQ(6u, t.counters.wrong_blocks);
	EQ(1u, left->lost);
	EQ(0u, middle->lost);
	EQ(1u, right->lost);
	EQ(256u, right->lost_begin);
	EQ(384u, right->lost_end);
	EQ(1u, t.waiters[0]->lost);
	EQ(TREE_TRUE, check(128, true));
	end();
}

CASE(a_file_that_ends_too_early_is_no_better_than_a_wrong_one)
{
	struct fetch_transfer *transfer;

	begin(300, 2);
	await(0, 0, 300);
	serve(0);
	transfer = for_block(1);
	fake_fetch_head_206(transfer, fake_tree_at(&t.fake, 2), NULL);
	/* A mirror whose file is too small is seen by its size already. */
	EQ(0u, flying());
	fake_loop_advance(t.loop, 1000);
	EQ(1u, fake_tree_mirror(at(0)));
	serve_all();
	EQ(TREE_TRUE, check(299, true));
	end();

	begin(300, 2);
	await(0, 0, 128);
	transfer = for_block(1);
	fake_tree_head(&t.fake, transfer);
	fake_tree_send(&t.fake, transfer, 4095, FAKE_RIGHT, 0);
	fake_fetch_end(transfer, NULL);
	fake_loop_advance(t.loop, 1000);
	serve_all();
	EQ(TREE_TRUE, check(0, true));
	end();
}

CASE(trouble_is_told_and_tried_again_while_anybody_waits)
{
	struct waiter *waiter;

	begin(128, 1);
	waiter = await(0, 0, 128);
	fake_fetch_status(at(0), 404);
	EQ(1u, waiter->troubles);
	ATF_CHECK_STREQ(
		"hashes at bytes 4096-8191 of http://m0/image.verity: the server answers 404 (Not Found)",
		waiter->why);
	EQ(0u, flying());
	fake_loop_advance(t.loop, 100);
	fake_fetch_end(at(0), "reset");
	EQ(2u, waiter->troubles);
	/* Pauses grow, and none is longer than RETRY_MOST_MS. */
	for (int i = 0; i < 8; i++) {
		ATF_CHECK(fake_loop_next_ms(t.loop) <= 5000);
		fake_loop_advance(t.loop, 5000);
		fake_fetch_end(at(0), "reset");
	}
	ATF_CHECK(fake_loop_next_ms(t.loop) >= 2500);
	fake_loop_advance(t.loop, 5000);
	serve_all();
	EQ(TREE_TRUE, check(0, true));
	nothing_is_left();
	end();
}

CASE(when_nobody_waits_any_more_nothing_is_tried_again)
{
	begin(300, 1);
	await(0, 0, 300);
	fake_fetch_end(for_block(0), "reset");
	end_wait(0);
	fake_fetch_end(for_block(1), "reset");
	EQ(0u, flying());
	fake_loop_advance(t.loop, 10000);
	nothing_is_left();
	await(0, 0, 300);
	end_wait(0);
	/* What came for nobody is dropped where it cannot be proven, else kept. */
	serve(1);
	EQ(1u, flying());
	serve(0);
	nothing_is_left();
	await(0, 0, 300);
	serve_all();
	EQ(TREE_TRUE, check(0, true));
	end();
}

CASE(waits_share_what_is_on_its_way)
{
	begin(20000, 1);
	await(0, 0, 128);
	await(1, 0, 128);
	await(2, 64, 300);
	EQ(4u, flying());
	EQ(2u * 4096, at(3)->len);
	end_wait(0);
	serve_all();
	ATF_CHECK(tree_has(t.tree, 0, 300));
	EQ(5u, fake_fetch_sent(t.fetch) / 4096);
	/* What is here is not asked for again. */
	await(0, 0, 300);
	EQ(0u, flying());
	end();
}

CASE(a_wait_may_end_itself_and_all_others_when_it_is_told)
{
	for (int how = 0; how < 3; how++) {
		begin(300, 1);
		for (unsigned i = 0; i < WAITERS; i++)
			await(i, 0, 300)->manner = ENDS_ALL;
		if (how == 0)
			serve(0);
		else if (how == 1)
			fake_fetch_end(for_block(0), "reset");
		else
			for (int tries = 0; tries < 2; tries++)
				lie(0, FAKE_ZEROS);
		for (unsigned i = 0; i < WAITERS; i++)
			ATF_CHECK(!t.waiters[i]);
		serve_all();
		fake_loop_advance(t.loop, 10000);
		nothing_is_left();
		end();
	}
}

CASE(a_wait_may_begin_when_another_is_told)
{
	struct waiter *waiter;

	begin(300, 1);
	await(1, 0, 300);
	waiter = await(0, 0, 300);
	waiter->manner = BEGINS_AGAIN;
	lie(0, FAKE_FLIPPED);
	lie(0, FAKE_FLIPPED);
	EQ(1u, waiter->lost);
	/* It has set off the next try itself. */
	ATF_CHECK(waiter->wait.is_waiting);
	serve_all();
	EQ(TREE_TRUE, check(0, true));
	nothing_is_left();
	end();
}

CASE(without_memory_it_tries_again_later)
{
	begin(300, 1);
	fake_fetch_refuse(t.fetch, 2);
	await(0, 0, 300);
	EQ(0u, flying());
	fake_loop_advance(t.loop, 5000);
	EQ(2u, flying());
	serve_all();
	EQ(TREE_TRUE, check(0, true));
	/* Also where a wrong one is asked for again. */
	nothing_is_left();
	end();
	begin(300, 1);
	await(0, 0, 300);
	serve(0);
	fake_fetch_refuse(t.fetch, 1);
	lie(1, FAKE_ZEROS);
	EQ(0u, flying());
	fake_loop_advance(t.loop, 5000);
	serve_all();
	EQ(TREE_TRUE, check(0, true));
	nothing_is_left();
	end();
}

CASE_ABOUT(a_mirror_that_lied_once_about_hashes_is_asked_again_when_the_others_are_dead,
	   "avoiding it for ever would wait for ever")
{
	begin(128, 2);
	await(0, 0, 128);
	lie(0, FAKE_FLIPPED);
	EQ(1u, fake_tree_mirror(at(0)));
	fake_fetch_status(at(0), 404);
	fake_loop_advance(t.loop, 5000);
	EQ(0u, fake_tree_mirror(at(0)));
	serve_all();
	EQ(TREE_TRUE, check(0, true));
	end();
}

CASE(a_long_range_takes_few_requests_of_bounded_size)
{
	/* 65 leaves: one more than a request holds. */
	begin(65 * 128, 1);
	await(0, 0, 65 * 128);
	EQ(3u, flying());
	EQ(64u * 4096, for_block(1)->len);
	EQ(4096u, for_block(65)->len);
	serve_all();
	EQ(TREE_TRUE, check(65 * 128 - 1, true));
	nothing_is_left();
	end();
}

CASE(a_head_that_came_with_the_superblock_is_kept_as_far_as_it_is_right)
{
	uint8_t *head;

	begin(300, 1);
	head = t.fake.file + 4096;
	ATF_CHECK(!tree_give_head(t.tree, head, 4095));
	head[5] ^= 1;
	ATF_CHECK(!tree_give_head(t.tree, head, 4 * 4096));
	EQ(TREE_UNKNOWN, check(0, true));
	head[5] ^= 1;
	head[2 * 4096] ^= 1;
	ATF_CHECK(tree_give_head(t.tree, head, 4 * 4096));
	ATF_CHECK(tree_has(t.tree, 0, 128));
	ATF_CHECK(!tree_has(t.tree, 128, 129));
	EQ(TREE_TRUE, check(0, true));
	head[2 * 4096] ^= 1;
	/* More than the tree has is not looked at. */
	ATF_CHECK(tree_give_head(t.tree, head, 4 * 4096 + 100));
	ATF_CHECK(tree_has(t.tree, 0, 300));
	EQ(0u, flying());
	end();
}

CASE_ABOUT(a_superblock_that_counts_fewer_blocks_than_the_tree_has_is_found_out,
	   "digests would stand where there must be zeros, and the image would end early")
{
	struct verity lying;

	begin(300, 1);
	lying = t.fake.verity;
	tree_close(t.tree);
	t.fake.file[72] = 255 & 299;
	MUST_EQ(VERITY_OK, verity_decode(t.fake.file, t.fake.size, 0, t.fake.roothash, &lying));
	MUST_EQ(299u, lying.data_blocks);
	MUST_EQ(0, tree_open(&t.tree, t.loop, &t.blob, &t.counters, &lying));
	await(0, 256, 299);
	serve(0);
	lie(3, FAKE_RIGHT);
	lie(3, FAKE_RIGHT);
	EQ(1u, t.waiters[0]->lost);
	end();
	/* A whole leaf fewer shows at the top. */
	begin(300, 1);
	tree_close(t.tree);
	t.fake.file[72] = 200;
	t.fake.file[73] = 0;
	MUST_EQ(VERITY_OK, verity_decode(t.fake.file, t.fake.size, 0, t.fake.roothash, &lying));
	MUST_EQ(0, tree_open(&t.tree, t.loop, &t.blob, &t.counters, &lying));
	ATF_CHECK(!tree_give_head(t.tree, t.fake.file + 4096, 4096));
	end();
}

CASE(an_image_of_one_block_has_no_hash_blocks)
{
	begin(1, 1);
	ATF_CHECK(tree_give_head(t.tree, NULL, 0));
	ATF_CHECK(tree_has(t.tree, 0, 1));
	await(0, 0, 1);
	EQ(0u, flying());
	EQ(TREE_TRUE, check(0, true));
	EQ(TREE_WRONG, check(0, false));
	end();
}

CASE(many_blocks_are_checked_up_to_the_first_that_is_not_true)
{
	static uint8_t bytes[300 * BLOCK_SIZE];
	static const uint64_t wrong[] = {0, 1, 31, 32, 33, 127, 128, 200, 299};
	enum tree_verdict verdict;

	begin(300, 1);
	await(0, 0, 300);
	serve_all();
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = fake_byte(i);
	EQ(300u, tree_check(t.tree, 0, bytes, 300, &verdict));
	EQ(TREE_TRUE, verdict);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		bytes[wrong[i] * BLOCK_SIZE + 9] ^= 4;
		EQ(wrong[i], tree_check(t.tree, 0, bytes, 300, &verdict));
		EQ(TREE_WRONG, verdict);
		bytes[wrong[i] * BLOCK_SIZE + 9] ^= 4;
	}
	EQ(0u, tree_check(t.tree, 5, bytes, 0, &verdict));
	EQ(TREE_TRUE, verdict);
	/* Right bytes in another place are wrong. */
	EQ(0u, tree_check(t.tree, 1, bytes, 10, &verdict));
	EQ(TREE_WRONG, verdict);
	end();
}

CASE(a_tree_can_be_closed_while_all_is_on_its_way)
{
	begin(20000, 1);
	await(0, 0, 300);
	serve(3);
	fake_fetch_end(for_block(0), "reset");
	end();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, all_levels_are_asked_for_at_once);
	ATF_TP_ADD_TC(tp, what_comes_before_what_is_above_it_waits_unproven);
	ATF_TP_ADD_TC(tp, a_wrong_leaf_that_came_first_is_found_out_when_its_parent_comes);
	ATF_TP_ADD_TC(tp, each_way_to_lie_about_a_hash_block_is_seen);
	ATF_TP_ADD_TC(tp, wrong_everywhere_is_told_once_to_those_concerned_and_to_no_others);
	ATF_TP_ADD_TC(tp, what_one_mirror_had_right_is_not_lost_by_another_that_has_it_wrong);
	ATF_TP_ADD_TC(tp, a_file_that_ends_too_early_is_no_better_than_a_wrong_one);
	ATF_TP_ADD_TC(tp, trouble_is_told_and_tried_again_while_anybody_waits);
	ATF_TP_ADD_TC(tp, when_nobody_waits_any_more_nothing_is_tried_again);
	ATF_TP_ADD_TC(tp, waits_share_what_is_on_its_way);
	ATF_TP_ADD_TC(tp, a_wait_may_end_itself_and_all_others_when_it_is_told);
	ATF_TP_ADD_TC(tp, a_wait_may_begin_when_another_is_told);
	ATF_TP_ADD_TC(tp, without_memory_it_tries_again_later);
	ATF_TP_ADD_TC(tp, a_mirror_that_lied_once_about_hashes_is_asked_again_when_the_others_are_dead);
	ATF_TP_ADD_TC(tp, a_long_range_takes_few_requests_of_bounded_size);
	ATF_TP_ADD_TC(tp, a_head_that_came_with_the_superblock_is_kept_as_far_as_it_is_right);
	ATF_TP_ADD_TC(tp, a_superblock_that_counts_fewer_blocks_than_the_tree_has_is_found_out);
	ATF_TP_ADD_TC(tp, an_image_of_one_block_has_no_hash_blocks);
	ATF_TP_ADD_TC(tp, many_blocks_are_checked_up_to_the_first_that_is_not_true);
	ATF_TP_ADD_TC(tp, a_tree_can_be_closed_while_all_is_on_its_way);
	return atf_no_error();
}
