/* SPDX-License-Identifier: MIT */
#include "trust/proof.h"

#include "base/block.h"
#include "base/counters.h"
#include "base/exits.h"
#include "base/hex.h"
#include "fetch/mirror_probe.h"
#include "fetch/mirror_stats.h"
#include "trust/proof_match.h"
#include "trust/proof_round.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

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

void proof_fini(struct proof *proof)
{
	proof_round_end_contacts(proof, PROOF_IMAGE);
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

static bool is_all_here(const struct proof *proof)
{
	for (int part = 0; part < PROOF_PARTS; part++)
		if (proof->is_asked[part] && !proof->is_here[part])
			return false;
	return true;
}

static enum proof_part part_of(const struct proof *proof, const struct contact *contact)
{
	return (enum proof_part)(contact - proof->contacts);
}

static void on_trouble(struct contact *contact, const char *why)
{
	struct proof *proof = contact->owner;

	proof_round_say(proof, part_of(proof, contact), contact->blob->url, why, proof->config->contact_s);
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
			proof_match(proof);
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
		proof_round_start_over(proof, part, proof->blobs[part].url, why);
	else if (proof->rounds > 0)
		/* What the server sent before says more than that it is late now. */
		proof_round_fail(proof, EXIT_PERMANENT, proof->wrong_what, proof->said[proof->wrong_part]);
	else
		proof_round_fail(proof, result == BLOB_WRONG ? EXIT_PERMANENT : EXIT_TEMPORARY,
				 proof->blobs[part].url, why);
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
		proof_round_fail(proof, EXIT_TEMPORARY, "engine", strerror(ENOMEM));
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
	proof_round_end_contacts(proof, PROOF_ROOTHASH);
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
