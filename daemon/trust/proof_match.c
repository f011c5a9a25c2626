/* SPDX-License-Identifier: MIT */
#include "trust/proof_match.h"

#include "base/block.h"
#include "base/counters.h"
#include "base/exits.h"
#include "fetch/mirror_name.h"
#include "trust/proof_judge.h"
#include "trust/proof_round.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/*
 * It is not known which of the two is wrong: a mirror may have one of an older image. So both are fetched
 * again, and from the same mirror: halves of two different pairs would never match.
 */
static bool ask_for_pair_again(struct proof *proof, const char *why)
{
	if (!proof_round_ask_again(proof, PROOF_SIGNATURE, why) ||
	    !proof_round_ask_again(proof, PROOF_ROOTHASH, why))
		return false;
	proof->contacts[PROOF_ROOTHASH].avoid = proof->contacts[PROOF_SIGNATURE].avoid;
	blob_follow(&proof->blobs[PROOF_ROOTHASH], &proof->blobs[PROOF_SIGNATURE]);
	return true;
}

static const char no_image_fits[] = "no mirror's image fits it: does its superblock speak of another one?";

/*
 * The image does not match the tree. If no mirror's image does, the tree may have come with a wrong number of
 * blocks, which the root hash does not cover: then the tree is fetched again.
 */
static void deny_image(struct proof *proof, const char *why)
{
	if (!proof_round_ask_again(proof, PROOF_IMAGE, why) &&
	    !proof_round_ask_again(proof, PROOF_TREE, no_image_fits))
		proof_round_fail_part(proof, PROOF_IMAGE, why);
}

/* Returns false after it has failed, or asked again. */
static bool judge_signature(struct proof *proof)
{
	char buf[256];
	const char *why;
	enum proof_part wrong = proof_judge_signature(proof->signers, &proof->contacts[PROOF_ROOTHASH],
						      &proof->contacts[PROOF_SIGNATURE], proof->roothash,
						      &why, buf, sizeof(buf));

	if (wrong == PROOF_ROOTHASH)
		proof_round_deny(proof, PROOF_ROOTHASH, why);
	else if (wrong == PROOF_SIGNATURE && !ask_for_pair_again(proof, why))
		proof_round_fail_part(proof, PROOF_SIGNATURE, why);
	return wrong == PROOF_PARTS;
}

static const char other_length[] = "its superblock speaks of another length than the image has";

/* The same for the hash tree: does its top block match the root hash? Opens it. */
static bool judge_tree(struct proof *proof)
{
	const struct contact *contact = &proof->contacts[PROOF_TREE];
	struct verity verity;
	char buf[512];
	const char *why = proof_judge_tree(contact, proof->roothash, &verity, buf, sizeof(buf));
	size_t skip;

	if (why) {
		proof_round_deny(proof, PROOF_TREE, why);
		return false;
	}
	if (tree_open(&proof->tree, proof->loop, &proof->blobs[PROOF_TREE], proof->counters, &verity)) {
		if (!proof_round_ask_again(proof, PROOF_TREE, strerror(ENOMEM)))
			proof_round_fail(proof, EXIT_TEMPORARY, "hash tree", strerror(ENOMEM));
		return false;
	}
	skip = (size_t)(verity.start - contact->off);
	if (skip > contact->head_len)
		skip = contact->head_len;
	if (!hashes_give_head(&proof->tree->hashes, contact->head + skip, contact->head_len - skip)) {
		why = "the hash tree is not the one of this root hash: is it another image's, "
		      "or of an older build?";
		tree_close(proof->tree);
		proof->tree = NULL;
		proof_round_deny(proof, PROOF_TREE, why);
		return false;
	}
	why = proof_judge_length(&proof->blobs[PROOF_IMAGE], &verity, buf, sizeof(buf));
	if (why)
		deny_image(proof, why);
	return !why;
}

/* Whole blocks of the head that the tree covers. */
static uint64_t head_blocks(const struct proof *proof)
{
	uint64_t blocks = proof->contacts[PROOF_IMAGE].head_len / BLOCK_SIZE;

	return blocks < proof->tree->hashes.verity.data_blocks ? blocks
							       : proof->tree->hashes.verity.data_blocks;
}

/* Verifies the image's first blocks. All of them match the tree, or it is another image. */
static void judge_head(struct proof *proof)
{
	struct contact *contact = &proof->contacts[PROOF_IMAGE];
	const char *why = "its first blocks are not what the root hash vouches for: is it another image?";
	uint64_t blocks = head_blocks(proof), size = proof->tree->hashes.verity.data_blocks * BLOCK_SIZE;
	enum hashes_verdict verdict;
	char buf[256];

	hashes_check(&proof->tree->hashes, 0, contact->head, blocks, &verdict);
	if (verdict == HASHES_UNKNOWN)
		return;
	tree_wait_end(&proof->head_hashes);
	loop_disarm(proof->loop, &proof->patience);
	if (verdict == HASHES_WRONG) {
		proof->counters->wrong_blocks++;
		deny_image(proof, why);
		return;
	}
	why = proof->object(proof, size, buf, sizeof(buf));
	if (why) {
		if (!proof_round_ask_again(proof, PROOF_TREE, other_length))
			proof_round_fail_part(proof, PROOF_IMAGE, why);
		return;
	}
	blob_set_size(&proof->blobs[PROOF_IMAGE], size);
	contact->head_len = (size_t)blocks * BLOCK_SIZE;
	contact_end(&proof->contacts[PROOF_TREE]);
	proof->is_asked[PROOF_TREE] = false;
	proof->done(proof, EXIT_DONE, NULL, NULL);
}

static void on_head_hashes(void *arg, enum tree_event event, uint64_t begin, uint64_t end, const char *why)
{
	struct proof *proof = arg;

	(void)begin;
	(void)end;
	if (event == TREE_CAME) {
		judge_head(proof);
	} else if (event == TREE_FALSE) {
		tree_wait_end(&proof->head_hashes);
		loop_disarm(proof->loop, &proof->patience);
		if (!proof_round_ask_again(proof, PROOF_TREE, why))
			proof_round_start_over(proof, PROOF_TREE, "hash tree", why);
	} else if (!proof->last_why[0]) {
		snprintf(proof->last_why, sizeof(proof->last_why), "%s", why);
		proof->trouble(proof, proof->blobs[PROOF_TREE].url, why, proof->config->contact_s);
	}
}

static void out_of_patience(void *arg)
{
	struct proof *proof = arg;
	const struct blob *blob = &proof->blobs[PROOF_TREE];
	char buf[BLOB_WHY_MAX];
	const char *why = proof->last_why;

	if (!why[0])
		why = mirror_name_explain(&blob->mirrors[blob->current], NULL,
					  "the server is silent: the hashes did not come", buf, sizeof(buf));
	proof_round_fail(proof, EXIT_TEMPORARY, blob->url, why);
}

void proof_match(struct proof *proof)
{
	struct contact *image = &proof->contacts[PROOF_IMAGE];

	if (!proof_part_is_needed(proof->config, PROOF_TREE)) {
		proof->done(proof, EXIT_DONE, NULL, NULL);
		return;
	}
	tree_close(proof->tree);
	proof->tree = NULL;
	if ((proof_part_is_signed(proof->config) && !judge_signature(proof)) || !judge_tree(proof))
		return;
	if (head_blocks(proof) == 0) {
		proof_round_fail_part(proof, PROOF_IMAGE, "is shorter than one block");
		return;
	}
	proof->last_why[0] = '\0';
	proof->patience.fn = out_of_patience;
	proof->patience.arg = proof;
	proof->hashes_since_ms = loop_now_ms(proof->loop);
	if (image->patience_s)
		loop_arm(proof->loop, &proof->patience, image->patience_s * UINT64_C(1000));
	proof->head_hashes = (struct tree_wait){.fn = on_head_hashes, .arg = proof};
	tree_wait_begin(proof->tree, &proof->head_hashes, 0, head_blocks(proof));
	judge_head(proof);
}
