/* SPDX-License-Identifier: MIT */
/*
 * Hash blocks that are wrong, and image blocks under right ones.
 */
#include "unit.h"

#include "tree_rig.h"

CASE(a_wrong_leaf_that_came_first_is_found_out_when_its_parent_comes)
{
	struct tree_waiter *waiter;

	tree_rig_begin(300, 2);
	waiter = tree_rig_await(0, 0, 300);
	tree_rig_lie(2, FAKE_FLIPPED);
	EQ(1u, tree_rig_flying());
	tree_rig_serve(0);
	/* Only what is wrong is asked for again, elsewhere. */
	EQ(1u, tree_rig_flying());
	EQ(fake_tree_at(&tree_rig.fake, 2), tree_rig_at(0)->off);
	EQ(4096u, tree_rig_at(0)->len);
	EQ(1u, fake_tree_mirror(tree_rig_at(0)));
	EQ(1u, tree_rig.counters.wrong_blocks);
	EQ(HASHES_TRUE, tree_rig_check(0, true));
	EQ(HASHES_UNKNOWN, tree_rig_check(128, true));
	tree_rig_serve(2);
	EQ(HASHES_TRUE, tree_rig_check(128, true));
	EQ(0u, waiter->lost);
	tree_rig_nothing_is_left();
	tree_rig_end();
}

CASE(each_way_to_lie_about_a_hash_block_is_seen)
{
	static const enum fake_lie lies[] = {FAKE_FLIPPED, FAKE_OTHER, FAKE_ZEROS};

	for (size_t i = 0; i < 3; i++) {
		for (uint64_t block = 0; block < 3; block++) {
			tree_rig_begin(20000, 1);
			tree_rig_await(0, 0, 1);
			tree_rig_await(1, 128, 129);
			tree_rig_await(2, 16384, 16385);
			tree_rig_lie(block, lies[i]);
			tree_rig_serve_all();
			ATF_CHECK_MSG(tree_rig.counters.wrong_blocks > 0, "lie %zu about %u", i,
				      (unsigned)block);
			EQ(HASHES_TRUE, tree_rig_check(0, true));
			EQ(HASHES_TRUE, tree_rig_check(16384, true));
			tree_rig_end();
		}
	}
}

CASE(wrong_everywhere_is_told_once_to_those_concerned_and_to_no_others)
{
	struct tree_waiter *first, *second, *third;

	tree_rig_begin(300, 2);
	first = tree_rig_await(0, 0, 128);
	second = tree_rig_await(1, 100, 300);
	third = tree_rig_await(2, 255, 256);
	tree_rig_serve(0);
	tree_rig_serve(1);
	for (int i = 0; i < 3; i++) {
		EQ(0u, second->lost);
		EQ(i == 1 ? 1u : 0u, fake_tree_mirror(tree_rig_for_block(2)));
		tree_rig_lie(2, FAKE_FLIPPED);
	}
	EQ(0u, first->lost);
	EQ(1u, second->lost);
	EQ(1u, third->lost);
	EQ(128u, second->lost_begin);
	EQ(256u, second->lost_end);
	ATF_CHECK_STREQ(
		"hashes at bytes 12288-16383 of http://m0/image.verity: not under the root hash, as sent "
		"by http://m0/image.verity, http://m1/image.verity",
		second->why);
	EQ(HASHES_UNKNOWN, tree_rig_check(128, true));
	/* Afresh: the same block, for whoever comes next. */
	tree_rig_serve_all();
	third = tree_rig_await(2, 255, 256);
	tree_rig_serve_all();
	EQ(HASHES_TRUE, tree_rig_check(255, true));
	EQ(HASHES_TRUE, tree_rig_check(0, true));
	tree_rig_nothing_is_left();
	tree_rig_end();
}

CASE_ABOUT(what_one_mirror_had_right_is_not_lost_by_another_that_has_it_wrong,
	   "wrong ones on both sides of it keep it in what is asked for again")
{
	struct tree_waiter *left, *middle, *right;

	tree_rig_begin(640, 2);
	tree_rig_await(0, 0, 384);
	left = tree_rig_await(1, 0, 1);
	middle = tree_rig_await(2, 128, 129);
	right = tree_rig_await(3, 256, 257);
	tree_rig_serve(0);
	/* Leaves 1 and 3 are wrong at the first mirror, all of them at the second. */
	{
		struct fetch_transfer *transfer = tree_rig_for_block(1);

		fake_tree_head(&tree_rig.fake, transfer);
		fake_tree_send(&tree_rig.fake, transfer, 4096, FAKE_ZEROS, transfer->off);
		fake_tree_send(&tree_rig.fake, transfer, 4096, FAKE_RIGHT, 0);
		fake_tree_send(&tree_rig.fake, transfer, 4096, FAKE_ZEROS, transfer->off + 8192);
		fake_fetch_end(transfer, NULL);
	}
	EQ(2u, tree_rig.counters.wrong_blocks);
	EQ(HASHES_TRUE, tree_rig_check(128, true));
	for (int i = 0; i < 2; i++) {
		struct fetch_transfer *transfer = tree_rig_for_block(1);

		EQ(3u * 4096, transfer->len);
		fake_tree_head(&tree_rig.fake, transfer);
		for (int block = 0; block < 3; block++)
			fake_tree_send(&tree_rig.fake, transfer, 4096, FAKE_ZEROS,
				       transfer->off + transfer->sent);
		fake_fetch_end(transfer, NULL);
	}
	EQ(6u, tree_rig.counters.wrong_blocks);
	EQ(1u, left->lost);
	EQ(0u, middle->lost);
	EQ(1u, right->lost);
	EQ(256u, right->lost_begin);
	EQ(384u, right->lost_end);
	EQ(1u, tree_rig.waiters[0]->lost);
	EQ(HASHES_TRUE, tree_rig_check(128, true));
	tree_rig_end();
}

CASE(a_file_that_ends_too_early_is_no_better_than_a_wrong_one)
{
	struct fetch_transfer *transfer;

	tree_rig_begin(300, 2);
	tree_rig_await(0, 0, 300);
	tree_rig_serve(0);
	transfer = tree_rig_for_block(1);
	fake_fetch_head_206(transfer, fake_tree_at(&tree_rig.fake, 2), NULL);
	/* A mirror whose file is too small is seen by its size already. */
	EQ(0u, tree_rig_flying());
	fake_loop_advance(tree_rig.loop, 1000);
	EQ(1u, fake_tree_mirror(tree_rig_at(0)));
	tree_rig_serve_all();
	EQ(HASHES_TRUE, tree_rig_check(299, true));
	tree_rig_end();

	tree_rig_begin(300, 2);
	tree_rig_await(0, 0, 128);
	transfer = tree_rig_for_block(1);
	fake_tree_head(&tree_rig.fake, transfer);
	fake_tree_send(&tree_rig.fake, transfer, 4095, FAKE_RIGHT, 0);
	fake_fetch_end(transfer, NULL);
	fake_loop_advance(tree_rig.loop, 1000);
	tree_rig_serve_all();
	EQ(HASHES_TRUE, tree_rig_check(0, true));
	tree_rig_end();
}

CASE_ABOUT(a_mirror_that_lied_once_about_hashes_is_asked_again_when_the_others_are_dead,
	   "avoiding it for ever would wait for ever")
{
	tree_rig_begin(128, 2);
	tree_rig_await(0, 0, 128);
	tree_rig_lie(0, FAKE_FLIPPED);
	EQ(1u, fake_tree_mirror(tree_rig_at(0)));
	fake_fetch_status(tree_rig_at(0), 404);
	fake_loop_advance(tree_rig.loop, 5000);
	EQ(0u, fake_tree_mirror(tree_rig_at(0)));
	tree_rig_serve_all();
	EQ(HASHES_TRUE, tree_rig_check(0, true));
	tree_rig_end();
}

CASE(a_head_that_came_with_the_superblock_is_kept_as_far_as_it_is_right)
{
	uint8_t *head;

	tree_rig_begin(300, 1);
	head = tree_rig.fake.file + 4096;
	ATF_CHECK(!hashes_give_head(&tree_rig.tree->hashes, head, 4095));
	head[5] ^= 1;
	ATF_CHECK(!hashes_give_head(&tree_rig.tree->hashes, head, 4 * 4096));
	EQ(HASHES_UNKNOWN, tree_rig_check(0, true));
	head[5] ^= 1;
	head[2 * 4096] ^= 1;
	ATF_CHECK(hashes_give_head(&tree_rig.tree->hashes, head, 4 * 4096));
	ATF_CHECK(hashes_has(&tree_rig.tree->hashes, 0, 128));
	ATF_CHECK(!hashes_has(&tree_rig.tree->hashes, 128, 129));
	EQ(HASHES_TRUE, tree_rig_check(0, true));
	head[2 * 4096] ^= 1;
	/* More than the tree has is not looked at. */
	ATF_CHECK(hashes_give_head(&tree_rig.tree->hashes, head, 4 * 4096 + 100));
	ATF_CHECK(hashes_has(&tree_rig.tree->hashes, 0, 300));
	EQ(0u, tree_rig_flying());
	tree_rig_end();
}

CASE_ABOUT(a_superblock_that_counts_fewer_blocks_than_the_tree_has_is_found_out,
	   "digests would stand where there must be zeros, and the image would end early")
{
	struct verity lying;

	tree_rig_begin(300, 1);
	lying = tree_rig.fake.verity;
	tree_close(tree_rig.tree);
	tree_rig.fake.file[72] = 255 & 299;
	MUST_EQ(VERITY_OK,
		verity_decode(tree_rig.fake.file, tree_rig.fake.size, 0, tree_rig.fake.roothash, &lying));
	MUST_EQ(299u, lying.data_blocks);
	MUST_EQ(0, tree_open(&tree_rig.tree, tree_rig.loop, &tree_rig.blob, &tree_rig.counters, &lying));
	tree_rig_await(0, 256, 299);
	tree_rig_serve(0);
	tree_rig_lie(3, FAKE_RIGHT);
	tree_rig_lie(3, FAKE_RIGHT);
	EQ(1u, tree_rig.waiters[0]->lost);
	tree_rig_end();
	/* A whole leaf fewer shows at the top. */
	tree_rig_begin(300, 1);
	tree_close(tree_rig.tree);
	tree_rig.fake.file[72] = 200;
	tree_rig.fake.file[73] = 0;
	MUST_EQ(VERITY_OK,
		verity_decode(tree_rig.fake.file, tree_rig.fake.size, 0, tree_rig.fake.roothash, &lying));
	MUST_EQ(0, tree_open(&tree_rig.tree, tree_rig.loop, &tree_rig.blob, &tree_rig.counters, &lying));
	ATF_CHECK(!hashes_give_head(&tree_rig.tree->hashes, tree_rig.fake.file + 4096, 4096));
	tree_rig_end();
}

CASE(many_blocks_are_checked_up_to_the_first_that_is_not_true)
{
	static uint8_t bytes[300 * BLOCK_SIZE];
	static const uint64_t wrong[] = {0, 1, 31, 32, 33, 127, 128, 200, 299};
	enum hashes_verdict verdict;

	tree_rig_begin(300, 1);
	tree_rig_await(0, 0, 300);
	tree_rig_serve_all();
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = fake_byte(i);
	EQ(300u, hashes_check(&tree_rig.tree->hashes, 0, bytes, 300, &verdict));
	EQ(HASHES_TRUE, verdict);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		bytes[wrong[i] * BLOCK_SIZE + 9] ^= 4;
		EQ(wrong[i], hashes_check(&tree_rig.tree->hashes, 0, bytes, 300, &verdict));
		EQ(HASHES_WRONG, verdict);
		bytes[wrong[i] * BLOCK_SIZE + 9] ^= 4;
	}
	EQ(0u, hashes_check(&tree_rig.tree->hashes, 5, bytes, 0, &verdict));
	EQ(HASHES_TRUE, verdict);
	/* Right bytes in another place are wrong. */
	EQ(0u, hashes_check(&tree_rig.tree->hashes, 1, bytes, 10, &verdict));
	EQ(HASHES_WRONG, verdict);
	tree_rig_end();
}

CASE(each_byte_of_a_digest_counts)
{
	for (unsigned byte = 0; byte < SHA256_SIZE; byte++) {
		/* Block 5's, in a leaf that is what the root hash vouches for. */
		tree_rig_begin_but(300, 1, 0, 5 * SHA256_SIZE + byte);
		tree_rig_await(0, 0, 128);
		tree_rig_serve_all();
		EQ(HASHES_TRUE, tree_rig_check(4, true));
		EQ(HASHES_WRONG, tree_rig_check(5, true));
		tree_rig_end();

		/* The second leaf's, in the top block. */
		tree_rig_begin_but(300, 1, 1, SHA256_SIZE + byte);
		ATF_CHECK(tree_rig_await(0, 0, 300) != NULL);
		tree_rig_serve_all();
		EQ(HASHES_TRUE, tree_rig_check(127, true));
		EQ(HASHES_UNKNOWN, tree_rig_check(128, true));
		EQ(1u, tree_rig.waiters[0]->lost);
		tree_rig_end();
	}
}

CASE(beyond_the_image_nothing_is_true_and_nothing_is_asked_for)
{
	static uint8_t bytes[400 * BLOCK_SIZE];
	enum hashes_verdict verdict;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = fake_byte(i);
	tree_rig_begin(300, 1);
	tree_rig_await(0, 290, UINT64_C(1) << 32);
	tree_rig_await(1, 300, 301);
	tree_rig_await(2, UINT64_C(1) << 40, UINT64_MAX);
	/* The top, and the last leaf. */
	EQ(2u, tree_rig_flying());
	tree_rig_serve_all();
	ATF_CHECK(hashes_has(&tree_rig.tree->hashes, 290, UINT64_MAX));
	EQ(HASHES_TRUE, tree_rig_check(299, true));
	EQ(HASHES_WRONG, tree_rig_check(300, true));
	EQ(HASHES_WRONG, tree_rig_check(384, true));
	EQ(HASHES_WRONG, tree_rig_check(UINT64_C(1) << 32, true));
	EQ(10u, hashes_check(&tree_rig.tree->hashes, 290, bytes + 290 * BLOCK_SIZE, 100, &verdict));
	EQ(HASHES_WRONG, verdict);
	tree_rig_end();
	/* The digest of an image's only block is for that block. */
	tree_rig_begin(1, 1);
	EQ(1u, hashes_check(&tree_rig.tree->hashes, 0, bytes, 1, &verdict));
	EQ(0u, hashes_check(&tree_rig.tree->hashes, 1, bytes, 1, &verdict));
	EQ(HASHES_WRONG, verdict);
	memcpy(bytes + BLOCK_SIZE, bytes, BLOCK_SIZE);
	EQ(1u, hashes_check(&tree_rig.tree->hashes, 0, bytes, 2, &verdict));
	EQ(HASHES_WRONG, verdict);
	tree_rig_await(0, 1, 2);
	EQ(0u, tree_rig_flying());
	tree_rig_end();
	/* Behind a full leaf there is none to wait for. */
	tree_rig_begin(128, 1);
	tree_rig_await(0, 0, 129);
	tree_rig_serve_all();
	EQ(HASHES_TRUE, tree_rig_check(127, true));
	EQ(HASHES_WRONG, tree_rig_check(128, true));
	EQ(126u, hashes_check(&tree_rig.tree->hashes, 2, bytes + 2 * BLOCK_SIZE, 200, &verdict));
	EQ(HASHES_WRONG, verdict);
	tree_rig_end();
}

CASE(who_lies_about_hashes_is_blamed_and_left_out)
{
	tree_rig_begin(300, 2);
	tree_rig_await(0, 0, 300);
	tree_rig_serve(0);
	tree_rig_lie(1, FAKE_FLIPPED);
	EQ(1u, tree_rig.blob.mirrors[0].stats->lies);
	tree_rig_serve_all();
	blob_blame(&tree_rig.blob, 0);
	EQ(2u, tree_rig.blob.mirrors[0].stats->lies);
	EQ(0u, tree_rig.blob.mirrors[1].stats->lies);
	tree_rig_end();
}

CASE(what_a_mirror_s_file_is_too_short_for_is_had_elsewhere)
{
	tree_rig_begin(300, 2);
	tree_rig_await(0, 0, 300);
	EQ(0u, fake_tree_mirror(tree_rig_at(0)));
	fake_fetch_head_206(tree_rig_at(0), fake_tree_at(&tree_rig.fake, 2) + 100, NULL);
	fake_loop_advance(tree_rig.loop, 0);
	tree_rig_serve_all();
	EQ(HASHES_TRUE, tree_rig_check(299, true));
	EQ(0u, tree_rig.counters.wrong_blocks);
	tree_rig_end();
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, a_wrong_leaf_that_came_first_is_found_out_when_its_parent_comes);
	ATF_TP_ADD_TC(tp, each_way_to_lie_about_a_hash_block_is_seen);
	ATF_TP_ADD_TC(tp, wrong_everywhere_is_told_once_to_those_concerned_and_to_no_others);
	ATF_TP_ADD_TC(tp, what_one_mirror_had_right_is_not_lost_by_another_that_has_it_wrong);
	ATF_TP_ADD_TC(tp, a_file_that_ends_too_early_is_no_better_than_a_wrong_one);
	ATF_TP_ADD_TC(tp, a_mirror_that_lied_once_about_hashes_is_asked_again_when_the_others_are_dead);
	ATF_TP_ADD_TC(tp, a_head_that_came_with_the_superblock_is_kept_as_far_as_it_is_right);
	ATF_TP_ADD_TC(tp, a_superblock_that_counts_fewer_blocks_than_the_tree_has_is_found_out);
	ATF_TP_ADD_TC(tp, many_blocks_are_checked_up_to_the_first_that_is_not_true);
	ATF_TP_ADD_TC(tp, each_byte_of_a_digest_counts);
	ATF_TP_ADD_TC(tp, beyond_the_image_nothing_is_true_and_nothing_is_asked_for);
	ATF_TP_ADD_TC(tp, who_lies_about_hashes_is_blamed_and_left_out);
	ATF_TP_ADD_TC(tp, what_a_mirror_s_file_is_too_short_for_is_had_elsewhere);
	return atf_no_error();
}
