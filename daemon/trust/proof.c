/* SPDX-License-Identifier: MIT */
#include "trust/proof.h"

#include "base/block.h"
#include "base/counters.h"
#include "base/exits.h"
#include "base/hex.h"
#include "fetch/mirror_name.h"
#include "fetch/mirror_probe.h"
#include "fetch/mirror_stats.h"
#include "fetch/retry.h"
#include "trust/proof_judge.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	/* How long files that do not fit together are fetched again, if rd.blob.contact= has no limit for all of it. */
	PUBLICATION_S = 30,
	PAUSES_SKIPPED = 3, /* a publication takes longer than the first pauses */
};

static int name_blob(struct proof *proof, enum proof_part part, struct fetch *fetch,
		     struct mirror_stats *stats)
{
	const struct config *config = proof->config;
	struct blob *blob = &proof->blobs[part];
	char url[BLOB_URL_MAX];
	int err = proof_part_url(config, part, config->url, url, sizeof(url));

	if (!err)
		err = blob_init(blob, fetch, proof->loop,
				part == PROOF_TREE && config->verity_url[0] ? config->verity_url : url);
	for (unsigned i = 0; !err && i < config->mirror_count; i++) {
		err = proof_part_url(config, part, config->mirrors[i], url, sizeof(url));
		if (!err)
			err = blob_add_mirror(blob, url);
	}
	/* Root hash or signature vouch for all of it, or for nothing. */
	blob->is_proven = proof_part_is_needed(config, PROOF_TREE);
	blob->is_whole = part == PROOF_ROOTHASH || part == PROOF_SIGNATURE;
	blob->is_raced = true;
	if (stats && part == PROOF_IMAGE)
		blob_use_stats(blob, &stats->image);
	if (stats && part == PROOF_TREE)
		blob_use_stats(blob, &stats->tree);
	/* One probe is enough: the other blobs share the image's pace. */
	if (!err && part == PROOF_IMAGE && blob->mirror_count > 1)
		err = mirror_probe_open(&proof->probe, blob);
	if (part != PROOF_IMAGE)
		blob_share_pace(blob, &proof->blobs[PROOF_IMAGE]);
	return err;
}

static void end_contacts(struct proof *proof, enum proof_part first)
{
	for (int part = first; part < PROOF_PARTS; part++) {
		if (proof->is_asked[part])
			contact_end(&proof->contacts[part]);
		proof->is_asked[part] = false;
	}
}

void proof_fini(struct proof *proof)
{
	end_contacts(proof, PROOF_IMAGE);
	loop_disarm(proof->loop, &proof->patience);
	loop_disarm(proof->loop, &proof->again);
	if (proof->tree) {
		tree_wait_end(&proof->head_hashes);
		tree_close(proof->tree);
	}
	mirror_probe_close(proof->probe);
	for (int part = 0; part < PROOF_PARTS; part++)
		blob_fini(&proof->blobs[part]);
}

/* Ends what is under way. */
static void stop(struct proof *proof)
{
	loop_disarm(proof->loop, &proof->patience);
	if (proof->tree)
		tree_wait_end(&proof->head_hashes);
	end_contacts(proof, PROOF_IMAGE);
}

static void fail(struct proof *proof, int status, const char *what, const char *why)
{
	char copy[1024];

	/* why may point into what ends here. */
	snprintf(copy, sizeof(copy), "%s", why);
	stop(proof);
	proof->rounds = 0;
	proof->done(proof, status, what, copy);
}

/*
 * For the console; seconds are those of trouble. What was said last of a part is not repeated; in the first round it is,
 * of another mirror.
 */
static void say(struct proof *proof, enum proof_part part, const char *url, const char *why, uint32_t seconds)
{
	char *said = proof->said[part];

	if ((proof->rounds > 0 || proof->said_url[part] == url) &&
	    strncmp(said, why, sizeof(proof->said[part]) - 1) == 0)
		return;
	proof->said_url[part] = url;
	snprintf(said, sizeof(proof->said[part]), "%s", why);
	proof->trouble(proof, url, why, seconds);
}

/* In seconds, for files that do not fit together. */
static uint32_t publication_s(const struct proof *proof)
{
	return proof->config->contact_s ? proof->config->contact_s : PUBLICATION_S;
}

/*
 * No mirror's file is right, or none fits the others. Fetches all of them again after a pause: a publication may be
 * under way. If there is no time left for that, fails.
 */
static void start_over(struct proof *proof, enum proof_part part, const char *what, const char *why)
{
	uint32_t pause_ms = retry_pause_ms(proof->rounds + PAUSES_SKIPPED, (uint32_t)rand());
	uint64_t now = loop_now_ms(proof->loop);

	/* A server that was late or away has taken nothing of this time, unless there is a limit for all of it. */
	if (proof->rounds == 0)
		proof->deadline_ms = (proof->config->contact_s ? proof->begun_ms : now) +
				     publication_s(proof) * UINT64_C(1000);
	else if (!proof->config->contact_s)
		proof->deadline_ms += now - proof->round_ms;
	if (now + pause_ms >= proof->deadline_ms) {
		fail(proof, EXIT_PERMANENT, what, why);
		return;
	}
	say(proof, part, proof->blobs[part].url, why, publication_s(proof));
	stop(proof);
	proof->wrong_part = part;
	proof->wrong_what = what;
	proof->rounds++;
	loop_arm(proof->loop, &proof->again, pause_ms);
}

static void fail_part(struct proof *proof, enum proof_part part, const char *why)
{
	char buf[1024];

	start_over(proof, part, proof->blobs[part].url,
		   contact_explain(&proof->contacts[part], why, buf, sizeof(buf)));
}

/*
 * The part is wrong: tries the other mirrors. Returns false when all have been asked; the caller must then fail.
 */
static bool ask_again(struct proof *proof, enum proof_part part, const char *why)
{
	struct contact *contact = &proof->contacts[part];
	const char *url = proof->blobs[part].mirrors[race_mirror(&contact->race)].url;
	char buf[1024];

	why = contact_explain(contact, why, buf, sizeof(buf));
	if (!contact_deny(contact))
		return false;
	proof->is_here[part] = false;
	say(proof, part, url, why, publication_s(proof));
	return true;
}

static void deny(struct proof *proof, enum proof_part part, const char *why)
{
	if (!ask_again(proof, part, why))
		fail_part(proof, part, why);
}

static bool is_all_here(const struct proof *proof)
{
	for (int part = 0; part < PROOF_PARTS; part++)
		if (proof->is_asked[part] && !proof->is_here[part])
			return false;
	return true;
}

/*
 * It is not known which of the two is wrong: a mirror may have one of an older image. So both are fetched
 * again, and from the same mirror: halves of two different pairs would never match.
 */
static bool ask_for_pair_again(struct proof *proof, const char *why)
{
	if (!ask_again(proof, PROOF_SIGNATURE, why) || !ask_again(proof, PROOF_ROOTHASH, why))
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
	if (!ask_again(proof, PROOF_IMAGE, why) && !ask_again(proof, PROOF_TREE, no_image_fits))
		fail_part(proof, PROOF_IMAGE, why);
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
		deny(proof, PROOF_ROOTHASH, why);
	else if (wrong == PROOF_SIGNATURE && !ask_for_pair_again(proof, why))
		fail_part(proof, PROOF_SIGNATURE, why);
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
		deny(proof, PROOF_TREE, why);
		return false;
	}
	if (tree_open(&proof->tree, proof->loop, &proof->blobs[PROOF_TREE], proof->counters, &verity)) {
		if (!ask_again(proof, PROOF_TREE, strerror(ENOMEM)))
			fail(proof, EXIT_TEMPORARY, "hash tree", strerror(ENOMEM));
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
		deny(proof, PROOF_TREE, why);
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
		if (!ask_again(proof, PROOF_TREE, other_length))
			fail_part(proof, PROOF_IMAGE, why);
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
		if (!ask_again(proof, PROOF_TREE, why))
			start_over(proof, PROOF_TREE, "hash tree", why);
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
	fail(proof, EXIT_TEMPORARY, blob->url, why);
}

/* All contacts have answered. */
static void judge(struct proof *proof)
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
		fail_part(proof, PROOF_IMAGE, "is shorter than one block");
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

static enum proof_part part_of(const struct proof *proof, const struct contact *contact)
{
	return (enum proof_part)(contact - proof->contacts);
}

static void on_trouble(struct contact *contact, const char *why)
{
	struct proof *proof = contact->owner;

	say(proof, part_of(proof, contact), contact->blob->url, why, proof->config->contact_s);
}

static void on_contact(struct contact *contact, enum blob_result result, const char *why)
{
	struct proof *proof = contact->owner;
	enum proof_part part = part_of(proof, contact);
	char text[BLOB_WHY_MAX + 256];

	if (result == BLOB_DONE) {
		proof->is_here[part] = true;
		if (part == PROOF_TREE)
			proof->counters->hash_bytes += contact->head_len;
		if (is_all_here(proof))
			judge(proof);
		return;
	}
	if (part == PROOF_ROOTHASH || part == PROOF_SIGNATURE) {
		snprintf(text, sizeof(text),
			 "%s: nothing vouches for the image: add rd.blob.roothash=HEX, or publish a signed "
			 "root hash, or accept that with rd.blob.insecure",
			 why);
		why = text;
	}
	/* A file that is being replaced may be away for a moment. */
	if (result == BLOB_WRONG && proof->rounds > 0)
		start_over(proof, part, proof->blobs[part].url, why);
	else if (proof->rounds > 0)
		/* What the server sent before says more than that it is late now. */
		fail(proof, EXIT_PERMANENT, proof->wrong_what, proof->said[proof->wrong_part]);
	else
		fail(proof, result == BLOB_WRONG ? EXIT_PERMANENT : EXIT_TEMPORARY, proof->blobs[part].url,
		     why);
}

/* A round: all that is needed is fetched. */
static int begin(struct proof *proof, uint32_t seconds)
{
	for (int part = 0; part < PROOF_PARTS; part++) {
		struct contact *contact = &proof->contacts[part];

		if (!proof_part_is_needed(proof->config, (enum proof_part)part))
			continue;
		proof->is_here[part] = false;
		contact->owner = proof;
		contact->done = on_contact;
		contact->trouble = on_trouble;
		contact->delay_ms = proof->delay_ms;
		if (contact_begin(contact, &proof->blobs[part], proof->loop,
				  part == PROOF_TREE ? proof->config->verity_off : 0, seconds))
			return -ENOMEM;
		proof->is_asked[part] = true;
	}
	return 0;
}

void proof_forget(struct proof *proof)
{
	tree_close(proof->tree);
	proof->tree = NULL;
	memcpy(proof->roothash, proof->config->roothash, sizeof(proof->roothash));
	for (int part = 0; part < PROOF_PARTS; part++)
		blob_forget(&proof->blobs[part]);
}

static void begin_again(void *arg)
{
	struct proof *proof = arg;
	uint64_t now = loop_now_ms(proof->loop);
	/* The timer may be late. */
	uint64_t left_ms = proof->deadline_ms > now ? proof->deadline_ms - now : 0;

	proof->delay_ms = 0;
	proof->round_ms = now;
	proof_forget(proof);
	if (begin(proof, proof->config->contact_s ? (uint32_t)(left_ms / 1000 + 1) : 0))
		fail(proof, EXIT_TEMPORARY, "engine", strerror(ENOMEM));
}

int proof_init(struct proof *proof, const struct config *config, struct fetch *fetch, struct loop *loop,
	       struct counters *counters, const struct signature_certs *signers, struct mirror_stats *stats)
{
	int err = 0;

	proof->config = config;
	proof->loop = loop;
	proof->again = (struct loop_timer){.fn = begin_again, .arg = proof};
	proof->counters = counters;
	proof->signers = signers;
	if (stats)
		mirror_stats_adopt(stats, loop_now_ms(loop));
	memcpy(proof->roothash, config->roothash, sizeof(proof->roothash));
	for (int part = 0; !err && part < PROOF_PARTS; part++)
		if (proof_part_is_needed(config, (enum proof_part)part))
			err = name_blob(proof, (enum proof_part)part, fetch, stats);
	return err;
}

int proof_begin(struct proof *proof)
{
	proof->begun_ms = loop_now_ms(proof->loop);
	return begin(proof, proof->config->contact_s);
}

int proof_restart(struct proof *proof)
{
	proof_forget(proof);
	return proof_begin(proof);
}

void proof_forget_signature(struct proof *proof)
{
	end_contacts(proof, PROOF_ROOTHASH);
}

int proof_recall(struct proof *proof, const struct verity *verity)
{
	int err = tree_open(&proof->tree, proof->loop, &proof->blobs[PROOF_TREE], proof->counters, verity);

	if (err)
		return err;
	hex_encode(verity->root, SHA256_SIZE, proof->roothash);
	blob_set_size(&proof->blobs[PROOF_IMAGE], verity->data_blocks * BLOCK_SIZE);
	return 0;
}

const char *proof_waits_for(const struct proof *proof, uint64_t *since_ms_out, bool *has_end_out)
{
	*has_end_out = proof->config->contact_s > 0;
	for (int part = 0; part < PROOF_PARTS; part++) {
		if (proof->is_asked[part] && !proof->is_here[part]) {
			*since_ms_out = proof->contacts[part].begun_ms;
			return proof->blobs[part].url;
		}
	}
	if (proof->rounds > 0) {
		*has_end_out = true;
		*since_ms_out = proof->begun_ms;
		return proof->blobs[PROOF_IMAGE].url;
	}
	if (tree_is_waiting(&proof->head_hashes)) {
		*since_ms_out = proof->hashes_since_ms;
		return proof->blobs[PROOF_TREE].url;
	}
	return NULL;
}
