/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "base/exits.h"
#include "proof_rig.h"

CASE(the_chain_holds_from_the_root_hash_to_the_first_blocks)
{
	proof_rig_open(1, 0);
	EQ(0u, proof_rig_run());
	EQ(1u, proof_rig.asked[0][PROOF_IMAGE]);
	EQ(1u, proof_rig.asked[0][PROOF_TREE]);
	EQ(0u, proof_rig.asked[0][PROOF_ROOTHASH] + proof_rig.asked[0][PROOF_SIGNATURE] + proof_rig.troubles);
	proof_rig_is_proven();
}

CASE(the_tree_may_be_in_the_same_file_and_then_mirrors_have_it_there_too)
{
	proof_rig_open(2, INSIDE);
	proof_rig.manners[0][PROOF_TREE].is_dead = true;
	proof_rig_run();
	EQ(1u, proof_rig.asked[1][PROOF_TREE]);
	ATF_CHECK_STREQ("http://m1/image", proof_rig.proof.blobs[PROOF_TREE].mirrors[1].url);
	proof_rig_is_proven();
}

CASE(what_lies_behind_the_tree_s_blocks_is_none_of_the_image)
{
	proof_rig_open(1, 0);
	proof_rig.manners[0][PROOF_IMAGE].size = proof_rig.fake.image_size + 5000;
	proof_rig_run();
	proof_rig_is_proven();
}

CASE(an_image_of_one_block_needs_no_more_than_the_superblock)
{
	proof_rig_open(1, 0);
	fake_tree_free(&proof_rig.fake);
	fake_tree_build(&proof_rig.fake, 1, 16);
	strcpy(proof_rig.config.roothash, proof_rig.fake.roothash);
	proof_rig.manners[0][PROOF_IMAGE].size = 4096 + 5000;
	proof_rig.manners[0][PROOF_TREE].size = 512;
	proof_rig_run();
	EQ(EXIT_DONE, proof_rig.status);
	EQ(4096u, proof_rig.proof.contacts[PROOF_IMAGE].head_len);
	proof_rig_close();
}

CASE(insecure_asks_for_the_image_and_nothing_else)
{
	proof_rig_open(1, INSECURE);
	proof_rig_run();
	EQ(EXIT_DONE, proof_rig.status);
	ATF_CHECK(!proof_rig.proof.tree && !proof_rig.proof.blobs[PROOF_IMAGE].is_proven);
	EQ(0u, proof_rig.asked[0][PROOF_TREE] + proof_rig.asked[0][PROOF_ROOTHASH]);
	proof_rig_close();
}

CASE(insecure_does_not_undo_a_root_hash)
{
	proof_rig_open(1, 0);
	proof_rig.config.is_insecure = true;
	proof_rig.manners[0][PROOF_IMAGE].lie = FAKE_FLIPPED;
	proof_rig_run();
	EQ(EXIT_PERMANENT, proof_rig.status);
	proof_rig_close();
}

static void fails(enum proof_part part, struct manner manner, int status, const char *what, const char *why)
{
	proof_rig_open(1, 0);
	proof_rig.manners[0][part] = manner;
	proof_rig_run();
	proof_rig_has_failed(status, what, why);
}

#define TREE "http://m0/image.verity"

CASE(each_failure_has_its_words_and_its_status)
{
	fails(PROOF_IMAGE, (struct manner){.status = 404}, EXIT_PERMANENT, IMAGE,
	      "the server answers 404 (Not Found)");
	fails(PROOF_TREE, (struct manner){.status = 404}, EXIT_PERMANENT, TREE,
	      "the server answers 404 (Not Found)");
	fails(PROOF_IMAGE, (struct manner){.is_dead = true}, EXIT_TEMPORARY, IMAGE,
	      "no connection to the server");
	fails(PROOF_TREE, (struct manner){.status = 503}, EXIT_TEMPORARY, TREE,
	      "the server answers 503 (Service Unavailable)");
	fails(PROOF_TREE, (struct manner){.is_mute = true}, EXIT_TEMPORARY, TREE,
	      "the server is silent: no answer in 30 s");
	fails(PROOF_TREE, (struct manner){.lie = FAKE_FLIPPED, .at = 3}, EXIT_PERMANENT, TREE,
	      "is no hash tree: no verity superblock is there (see veritysetup format; a tree behind the "
	      "image's data: rd.blob.verity=URL#OFFSET)");
	fails(PROOF_TREE, (struct manner){.size = 511}, EXIT_PERMANENT, TREE,
	      "is no hash tree: a verity superblock has 512 bytes, and there are 511");
	fails(PROOF_TREE, (struct manner){.lie = FAKE_FLIPPED, .at = 88}, EXIT_PERMANENT, TREE,
	      "the hash tree is not the one of this root hash: is it another image's, or of an older build?");
	fails(PROOF_TREE, (struct manner){.lie = FAKE_FLIPPED, .at = 4096 + 7}, EXIT_PERMANENT, TREE,
	      "the hash tree is not the one of this root hash: is it another image's, or of an older build?");
	fails(PROOF_TREE, (struct manner){.size = 4 * 4096}, EXIT_PERMANENT, TREE,
	      "the hash tree is truncated: it has 16384 bytes, and 20480 are needed");
	fails(PROOF_IMAGE, (struct manner){.size = 299 * 4096}, EXIT_PERMANENT, IMAGE,
	      "has 1224704 bytes, and the hash tree vouches for 1228800: it is truncated, "
	      "or another image's");
	fails(PROOF_IMAGE, (struct manner){.lie = FAKE_FLIPPED, .at = 15 * 4096}, EXIT_PERMANENT, IMAGE,
	      "its first blocks are not what the root hash vouches for: is it another image?");
	fails(PROOF_TREE, (struct manner){.lie = FAKE_ZEROS, .at = 2 * 4096}, EXIT_PERMANENT, "hash tree",
	      "hashes at bytes 8192-12287 of http://m0/image.verity: not under the root hash, as sent by "
	      "http://m0/image.verity");
}

CASE(hashes_that_the_head_did_not_bring_are_waited_for_with_patience)
{
	uint64_t since;
	bool has_end;

	proof_rig_open(1, 0);
	proof_rig.config.contact_s = 7;
	proof_rig.manners[0][PROOF_TREE] = (struct manner){.lie = FAKE_ZEROS, .at = 2 * 4096};
	proof_rig_begin();
	while (proof_rig_next() && !proof_rig.proof.tree) {
		if (strcmp(proof_rig_next()->url, TREE) == 0)
			strcpy(proof_rig_next()->effective_url, "http://m0.b/t?token");
		proof_rig_answer(proof_rig_next());
	}
	proof_rig.manners[0][PROOF_TREE] = (struct manner){.is_mute = true};
	ATF_CHECK_STREQ(TREE, proof_waits_for(&proof_rig.proof, &since, &has_end));
	EQ(loop_now_ms(proof_rig.loop), since);
	ATF_CHECK(has_end);
	fake_loop_advance(proof_rig.loop, 6999);
	EQ(0u, proof_rig.dones);
	fake_loop_advance(proof_rig.loop, 1);
	EQ(1u, proof_rig.dones);
	EQ(EXIT_TEMPORARY, proof_rig.status);
	ATF_CHECK_STREQ("redirected to http://m0.b/t: the server is silent: the hashes did not come",
			proof_rig.why);
	proof_rig_close();
	/* Or they come. */
	proof_rig_open(1, 0);
	proof_rig.manners[0][PROOF_TREE] = (struct manner){.lie = FAKE_ZEROS, .at = 2 * 4096};
	proof_rig_begin();
	while (proof_rig_next() && !proof_rig.proof.tree)
		proof_rig_answer(proof_rig_next());
	proof_rig.manners[0][PROOF_TREE] = (struct manner){0};
	fake_fetch_end(proof_rig_next(), "reset");
	EQ(1u, proof_rig.troubles);
	proof_rig_go_on();
	proof_rig_is_proven();
}

CASE(what_is_wrong_on_one_mirror_is_had_from_another)
{
	static const struct {
		enum proof_part part;
		struct manner manner;
	} bad[] = {
		{PROOF_IMAGE, {.status = 404}},
		{PROOF_IMAGE, {.is_dead = true}},
		{PROOF_IMAGE, {.size = 299 * 4096}},
		{PROOF_IMAGE, {.lie = FAKE_FLIPPED, .at = 65535}},
		{PROOF_IMAGE, {.lie = FAKE_ZEROS}},
		{PROOF_TREE, {.status = 404}},
		{PROOF_TREE, {.status = 500}},
		{PROOF_TREE, {.size = 100}},
		{PROOF_TREE, {.size = 4 * 4096}},
		{PROOF_TREE, {.lie = FAKE_FLIPPED, .at = 0}},
		{PROOF_TREE, {.lie = FAKE_FLIPPED, .at = 12}},
		{PROOF_TREE, {.lie = FAKE_FLIPPED, .at = 65}},
		{PROOF_TREE, {.lie = FAKE_FLIPPED, .at = 81}},
		{PROOF_TREE, {.lie = FAKE_FLIPPED, .at = 90}},
		{PROOF_TREE, {.lie = FAKE_FLIPPED, .at = 5000}},
		{PROOF_TREE, {.lie = FAKE_FLIPPED, .at = 8192}},
		/* The number of blocks: another top, far too many, a few more under the same top. */
		{PROOF_TREE, {.lie = FAKE_FLIPPED, .at = 73}},
		{PROOF_TREE, {.lie = FAKE_FLIPPED, .at = 75}},
		{PROOF_TREE, {.lie = FAKE_FLIPPED, .at = 72}},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		proof_rig_open(2, 0);
		proof_rig.manners[0][bad[i].part] = bad[i].manner;
		ATF_CHECK_MSG(proof_rig_run() < 10000, "bad thing %zu takes long", i);
		ATF_CHECK_MSG(proof_rig.status == EXIT_DONE, "bad thing %zu: %s: %s", i, proof_rig.what,
			      proof_rig.why);
		proof_rig_is_proven();
	}
}

CASE(a_server_that_falls_silent_does_not_undo_what_it_was_found_to_have_sent)
{
	proof_rig_open(1, 0);
	proof_rig.manners[0][PROOF_IMAGE] = (struct manner){.lie = FAKE_ZEROS};
	proof_rig_begin();
	while (proof_rig.proof.rounds == 0)
		if (proof_rig_next())
			proof_rig_answer(proof_rig_next());
		else
			fake_loop_advance(proof_rig.loop, fake_loop_next_ms(proof_rig.loop));
	proof_rig.manners[0][PROOF_IMAGE].is_mute = proof_rig.manners[0][PROOF_TREE].is_mute = true;
	proof_rig_go_on();
	proof_rig_has_failed(EXIT_PERMANENT, IMAGE,
			     "its first blocks are not what the root hash vouches for: is it another image?");
}

CASE(what_is_said_of_a_tree_that_no_image_fits_is_about_the_tree)
{
	proof_rig_open(2, 0);
	/* A few more blocks than the image has, under the same top. */
	proof_rig.manners[0][PROOF_TREE] = (struct manner){.lie = FAKE_FLIPPED, .at = 72};
	proof_rig_run();
	ATF_CHECK_STREQ(TREE ": no mirror's image fits it: does its superblock speak of another one?",
			proof_rig.trouble);
	proof_rig_is_proven();
}

CASE(a_mirror_that_is_wrong_once_is_asked_again_at_last)
{
	proof_rig_open(2, 0);
	proof_rig.manners[0][PROOF_IMAGE] = (struct manner){.lie = FAKE_ZEROS};
	proof_rig.manners[1][PROOF_IMAGE] = (struct manner){.lie = FAKE_ZEROS};
	proof_rig_begin();
	while (proof_rig.asked[0][PROOF_IMAGE] + proof_rig.asked[1][PROOF_IMAGE] < 2) {
		if (proof_rig_next())
			proof_rig_answer(proof_rig_next());
		else
			fake_loop_advance(proof_rig.loop, fake_loop_next_ms(proof_rig.loop));
	}
	ATF_CHECK_STREQ("http://m1/image: its first blocks are not what the root hash vouches for: "
			"is it another image?",
			proof_rig.trouble);
	EQ(1u, proof_rig.proof.blobs[PROOF_IMAGE].mirrors[1].stats->lies);
	ATF_CHECK_STREQ(IMAGE, proof_waits_for(&proof_rig.proof, &(uint64_t){0}, &(bool){0}));
	proof_rig.manners[0][PROOF_IMAGE] = (struct manner){0};
	fake_loop_advance(proof_rig.loop, 0);
	proof_rig_answer(proof_rig_next());
	proof_rig_is_proven();
}

CASE(a_mirror_that_was_wrong_is_asked_again_when_the_others_are_dead)
{
	proof_rig_open(2, 0);
	proof_rig.manners[0][PROOF_IMAGE] = (struct manner){.lie = FAKE_ZEROS};
	proof_rig.manners[1][PROOF_IMAGE] = (struct manner){.is_dead = true};
	proof_rig_begin();
	proof_rig_answer(proof_rig_next());
	proof_rig_answer(proof_rig_next());
	fake_loop_advance(proof_rig.loop, 0);
	proof_rig.manners[0][PROOF_IMAGE] = (struct manner){0};
	proof_rig_go_on();
	proof_rig_is_proven();
}

CASE(a_later_engine_goes_on_without_asking)
{
	proof_rig_open(2, 0);
	MUST_EQ(0, proof_init(&proof_rig.proof, &proof_rig.config, proof_rig.fetch, proof_rig.loop,
			      &proof_rig.counters, NULL, NULL));
	proof_rig.proof.roothash[0] = '\0';
	MUST_EQ(0, proof_recall(&proof_rig.proof, &proof_rig.fake.verity));
	ATF_CHECK(memcmp(proof_rig.proof.roothash, proof_rig.fake.roothash, 65) == 0);
	EQ(proof_rig.fake.image_size, proof_rig.proof.blobs[PROOF_IMAGE].size);
	ATF_CHECK(proof_rig.proof.blobs[PROOF_IMAGE].is_known &&
		  proof_rig.proof.blobs[PROOF_IMAGE].is_proven);
	EQ(proof_rig.fake.size, proof_rig.proof.blobs[PROOF_TREE].size);
	ATF_CHECK(proof_rig.proof.tree && !hashes_has(&proof_rig.proof.tree->hashes, 0, 1));
	EQ(0u, fake_fetch_flying(proof_rig.fetch) + fake_loop_armed(proof_rig.loop));
	proof_rig_close();
}

CASE(it_can_be_ended_at_any_time)
{
	for (int answers = 0; answers < 8; answers++) {
		proof_rig_open(2, SIGNED);
		proof_rig.manners[0][PROOF_TREE] = (struct manner){.lie = FAKE_ZEROS, .at = 2 * 4096};
		proof_rig.manners[0][PROOF_IMAGE] = (struct manner){.lie = FAKE_ZEROS};
		proof_rig_begin();
		for (int i = 0; i < answers && proof_rig_next(); i++)
			proof_rig_answer(proof_rig_next());
		proof_rig_close();
	}
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, the_chain_holds_from_the_root_hash_to_the_first_blocks);
	ATF_TP_ADD_TC(tp, the_tree_may_be_in_the_same_file_and_then_mirrors_have_it_there_too);
	ATF_TP_ADD_TC(tp, what_lies_behind_the_tree_s_blocks_is_none_of_the_image);
	ATF_TP_ADD_TC(tp, an_image_of_one_block_needs_no_more_than_the_superblock);
	ATF_TP_ADD_TC(tp, insecure_asks_for_the_image_and_nothing_else);
	ATF_TP_ADD_TC(tp, insecure_does_not_undo_a_root_hash);
	ATF_TP_ADD_TC(tp, each_failure_has_its_words_and_its_status);
	ATF_TP_ADD_TC(tp, hashes_that_the_head_did_not_bring_are_waited_for_with_patience);
	ATF_TP_ADD_TC(tp, what_is_wrong_on_one_mirror_is_had_from_another);
	ATF_TP_ADD_TC(tp, a_server_that_falls_silent_does_not_undo_what_it_was_found_to_have_sent);
	ATF_TP_ADD_TC(tp, what_is_said_of_a_tree_that_no_image_fits_is_about_the_tree);
	ATF_TP_ADD_TC(tp, a_mirror_that_is_wrong_once_is_asked_again_at_last);
	ATF_TP_ADD_TC(tp, a_mirror_that_was_wrong_is_asked_again_when_the_others_are_dead);
	ATF_TP_ADD_TC(tp, a_later_engine_goes_on_without_asking);
	ATF_TP_ADD_TC(tp, it_can_be_ended_at_any_time);
	return atf_no_error();
}
