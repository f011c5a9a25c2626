/* SPDX-License-Identifier: MIT */
#include "engine/vouch.h"

#include "base/exits.h"
#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void try_next(struct vouch *vouch);

static void ask_servers_or_fail(struct vouch *vouch)
{
	if (vouch->is_alone)
		vouch->done(vouch->arg, EXIT_PERMANENT, "store", "it cannot boot alone");
	else if (proof_begin(vouch->proof))
		vouch->done(vouch->arg, EXIT_TEMPORARY, "engine", strerror(ENOMEM));
}

/* Are there images that were booted from this URL, and may a signature vouch for them? */
static bool has_candidates(const struct vouch *vouch)
{
	return proof_part_is_signed(vouch->config) && vouch->store->candidate_count > 0;
}

bool vouch_is_whole(const struct vouch *vouch)
{
	const struct disk_file *files = vouch->store->image->files;

	return blockset_is_full(&files[DISK_BLOCKS].claims) && blockset_is_full(&files[DISK_TREE].claims);
}

/* -- a root hash that the command line names ------------------------------------------------------------------------ */

static void on_proof_disk(void *arg, const char *why)
{
	struct vouch *vouch = arg;

	if (!why && vouch->is_alone && !vouch_is_whole(vouch))
		why = "not all of it is there";
	if (why) {
		log_note("store: it cannot boot alone: %s", why);
		ask_servers_or_fail(vouch);
		return;
	}
	vouch->is_from_store = true;
	log_note("image: proven from the store: no server is waited for");
	vouch->done(vouch->arg, EXIT_DONE, NULL, NULL);
}

static void on_peeked(void *arg)
{
	struct vouch *vouch = arg;

	if (vouch->store->image)
		proof_disk_begin(&vouch->proof_disk, vouch->proof, vouch->store->image,
				 vouch->config->roothash, on_proof_disk, vouch);
	else
		ask_servers_or_fail(vouch);
}

/* -- a root hash that must be signed -------------------------------------------------------------------------------- */

static void on_candidate_proven(void *arg, const char *why)
{
	struct vouch *vouch = arg;

	if (!why && vouch->is_alone && !vouch_is_whole(vouch))
		why = "not all of it is there";
	if (why) {
		log_note("store: %.64s: cannot be booted: %s", vouch->store->image->name, why);
		try_next(vouch);
		return;
	}
	if (vouch->is_alone) {
		vouch->done(vouch->arg, EXIT_TEMPORARY, "store",
			    "it has an image that can be booted if no server answers");
		return;
	}
	vouch->is_from_store = true;
	log_error("image: %.400s: %.800s: booting from the store what was booted last", vouch->what,
		  vouch->why);
	vouch->done(vouch->arg, EXIT_DONE, NULL, NULL);
}

static void on_candidate_open(void *arg)
{
	struct vouch *vouch = arg;

	if (vouch->store->image)
		proof_disk_begin(&vouch->proof_disk, vouch->proof, vouch->store->image,
				 vouch->store->image->name, on_candidate_proven, vouch);
	else
		try_next(vouch);
}

static const char *candidate(const struct vouch *vouch)
{
	return vouch->store->candidates[vouch->candidate - 1];
}

static void on_p7s(void *arg)
{
	struct vouch *vouch = arg;
	const struct disk_store *store = vouch->store;
	char roothash[ROOTHASH_DIGITS + 1];

	if (proof_disk_is_signed(vouch->signers, vouch->text, vouch->text_len, store->note, store->note_len,
				 roothash) &&
	    strcmp(roothash, candidate(vouch)) == 0) {
		disk_store_peek(vouch->store, candidate(vouch), on_candidate_open, vouch);
		return;
	}
	log_note("store: %s: cannot be booted: its root hash is not signed for this host", candidate(vouch));
	try_next(vouch);
}

static void on_text(void *arg)
{
	struct vouch *vouch = arg;
	const struct disk_store *store = vouch->store;

	vouch->text_len = store->note_len < sizeof(vouch->text) ? store->note_len : 0;
	memcpy(vouch->text, store->note, vouch->text_len);
	disk_store_read(vouch->store, candidate(vouch), DISK_P7S, on_p7s, vouch);
}

/* None of them can be booted. A host that would wait for ever waits on: nothing but their names has shortened that. */
static void run_out(struct vouch *vouch)
{
	if (vouch->is_alone) {
		ask_servers_or_fail(vouch);
	} else if (!vouch->config->has_contact && vouch->status == EXIT_TEMPORARY) {
		vouch->config->contact_s = 0;
		vouch->store->candidate_count = 0;
		if (proof_restart(vouch->proof))
			vouch->done(vouch->arg, EXIT_TEMPORARY, "engine", strerror(ENOMEM));
	} else {
		vouch->done(vouch->arg, vouch->status, vouch->what, vouch->why);
	}
}

static void try_next(struct vouch *vouch)
{
	if (vouch->candidate == vouch->store->candidate_count) {
		run_out(vouch);
		return;
	}
	vouch->candidate++;
	disk_store_read(vouch->store, candidate(vouch), DISK_ROOTHASH, on_text, vouch);
}

static void on_proof_done(struct proof *proof, int status, const char *what, const char *why)
{
	struct vouch *vouch = proof->owner;

	if (status == EXIT_DONE || !has_candidates(vouch)) {
		vouch->done(vouch->arg, status, what, why);
		return;
	}
	vouch->status = status;
	snprintf(vouch->what, sizeof(vouch->what), "%s", what);
	snprintf(vouch->why, sizeof(vouch->why), "%s", why);
	try_next(vouch);
}

/* -- all of it ------------------------------------------------------------------------------------------------------ */

static void on_looked(void *arg)
{
	struct vouch *vouch = arg;
	struct config *config = vouch->config;

	if (config->roothash[0]) {
		disk_store_peek(vouch->store, config->roothash, on_peeked, vouch);
		return;
	}
	if (has_candidates(vouch) && vouch->is_alone) {
		try_next(vouch);
		return;
	}
	if (has_candidates(vouch) && !config->has_contact)
		config->contact_s = VOUCH_CONTACT_S;
	ask_servers_or_fail(vouch);
}

int vouch_begin(struct vouch *vouch)
{
	vouch->proof->owner = vouch;
	vouch->proof->done = on_proof_done;
	if (!vouch->store->disk)
		return vouch->is_alone ? -ENODEV : proof_begin(vouch->proof);
	disk_store_look(vouch->store, on_looked, vouch);
	return 0;
}

int vouch_judge_store(const struct vouch *vouch, const char **why_out)
{
	const struct disk_store *store = vouch->store;

	/* Only what the kernel reads by itself has been looked at, and matters. */
	if (!store->disk || store->disk->use != DISK_KERNELS_SOON || !vouch->proof->tree)
		return EXIT_DONE;
	*why_out = disk_store_find_fault(store);
	if (*why_out)
		return EXIT_STORE;
	*why_out = "it cannot boot alone: not all of it is there";
	return vouch->is_alone && !vouch_is_whole(vouch) ? EXIT_PERMANENT : EXIT_DONE;
}

void vouch_booted(struct vouch *vouch)
{
	const struct contact *text = &vouch->proof->contacts[PROOF_ROOTHASH];
	const struct contact *p7s = &vouch->proof->contacts[PROOF_SIGNATURE];
	struct disk_image *image = vouch->store->image;

	if (!image)
		return;
	/* Before the note that it was booted: whoever finds that finds these, too. */
	if (proof_part_is_signed(vouch->config) && !vouch->is_from_store) {
		disk_note_put(image, DISK_ROOTHASH, text->head, text->head_len);
		disk_note_put(image, DISK_P7S, p7s->head, p7s->head_len);
	}
	disk_store_booted(vouch->store);
}
