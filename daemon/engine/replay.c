/* SPDX-License-Identifier: MIT */
#include "engine/replay.h"

#include "base/log.h"
#include "fetch/blob_url.h"
#include "trust/proof_part.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_FIRST = 64 * 1024 };

static void ask(void *arg);

/* Nothing more is asked. */
static void stop(struct replay *replay)
{
	race_cancel(&replay->race);
	loop_disarm(replay->loop, &replay->retry);
	loop_disarm(replay->loop, &replay->patience);
}

/* There is no profile. */
static void give_up(struct replay *replay, const char *why)
{
	stop(replay);
	free(replay->text);
	replay->text = NULL;
	replay->len = replay->size = 0;
	if (why)
		log_note("%.400s: %.400s: going on without a profile",
			 replay->blob.url ? replay->blob.url : "profile", why);
}

static void judge(struct replay *replay)
{
	enum profile_result result;
	unsigned line;
	char buf[128];

	if (!replay->is_here || !replay->is_known)
		return;
	result = profile_parse(replay->text, replay->len, replay->roothash, replay->blocks, &replay->profile,
			       &line);
	give_up(replay, result == PROFILE_OK ? NULL : profile_explain(result, line, buf, sizeof(buf)));
	if (result == PROFILE_OK)
		replay->done(replay->arg, &replay->profile);
}

static size_t on_data(void *arg, const uint8_t *bytes, size_t len)
{
	struct replay *replay = arg;
	size_t size = replay->size ? replay->size : TEXT_FIRST;
	char *text = replay->text;

	while (size < replay->len + len)
		size *= 2;
	if (size != replay->size)
		text = realloc(replay->text, size);
	if (!text)
		return FETCH_REFUSE;
	replay->text = text;
	replay->size = size;
	memcpy(text + replay->len, bytes, len);
	replay->len += len;
	return len;
}

/* Did a server say that it has none, or none for us? */
static bool is_denied(const struct replay *replay)
{
	const struct race_attempt *leader = replay->race.leader;

	return leader && leader->get.verdict == VERDICT_STATUS;
}

static void on_done(void *arg, enum blob_result result, const char *why)
{
	struct replay *replay = arg;

	if (result == BLOB_DONE) {
		stop(replay);
		replay->is_here = true;
		judge(replay);
		return;
	}
	if (result == BLOB_REFUSED) {
		give_up(replay, strerror(ENOMEM));
		return;
	}
	replay->is_absent |= is_denied(replay);
	if (result == BLOB_WRONG || ++replay->attempts == replay->blob.mirror_count + REPLAY_RETRIES)
		give_up(replay, replay->is_absent && !replay->is_named ? NULL : why);
	else
		loop_arm(replay->loop, &replay->retry, blob_pause_ms(&replay->blob, replay->attempts));
}

static void out_of_patience(void *arg)
{
	struct replay *replay = arg;
	char why[96];

	snprintf(why, sizeof(why), "too slow: %zu bytes came in %d s", replay->len, REPLAY_PATIENCE_S);
	give_up(replay, replay->is_absent && !replay->is_named ? NULL : why);
}

static bool is_wanted(void *arg)
{
	(void)arg;
	return true;
}

/* Another transfer gets all of it: the mirrors' need not be the same. */
static void reached(void *arg, uint64_t *off_out, uint64_t *end_out)
{
	(void)arg;
	*off_out = 0;
	*end_out = PROFILE_TEXT_MAX;
}

static void turn(void *arg, uint64_t off)
{
	struct replay *replay = arg;

	(void)off;
	replay->len = 0;
}

static void ask(void *arg)
{
	static const struct race_events events = {
		.data = on_data, .done = on_done, .is_wanted = is_wanted, .reached = reached, .turn = turn};
	struct replay *replay = arg;

	replay->len = 0;
	if (race_begin(&replay->race, &replay->blob, 0, PROFILE_TEXT_MAX, 0, &events, replay))
		give_up(replay, strerror(ENOMEM));
}

/* `URL.profile` at each mirror. */
static int name_companions(struct replay *replay, const struct config *config, struct fetch *fetch)
{
	char url[BLOB_URL_MAX];
	int err = blob_url_companion(config->url, ".profile", url, sizeof(url));

	if (!err)
		err = blob_init(&replay->blob, fetch, replay->loop, url);
	for (unsigned i = 0; !err && i < config->mirror_count; i++) {
		err = blob_url_companion(config->mirrors[i], ".profile", url, sizeof(url));
		if (!err)
			err = blob_add_mirror(&replay->blob, url);
	}
	return err;
}

/* Errors: -ENOMEM, -ENAMETOOLONG. */
static int name_blob(struct replay *replay, const struct config *config, struct fetch *fetch,
		     struct blob *leader)
{
	int err = replay->is_named ? blob_init(&replay->blob, fetch, replay->loop, config->profile)
				   : name_companions(replay, config, fetch);

	replay->blob.is_whole = true;
	replay->blob.is_raced = true;
	if (!err)
		blob_share_pace(&replay->blob, leader);
	return err;
}

void replay_begin(struct replay *replay, const struct config *config, struct fetch *fetch,
		  struct blob *leader, uint32_t delay_ms)
{
	int err;

	/* A profile names its image by the root hash. */
	if (strcmp(config->profile, "none") == 0 || !proof_part_is_needed(config, PROOF_TREE))
		return;
	replay->is_named = strcmp(config->profile, "auto") != 0;
	replay->retry = (struct loop_timer){.fn = ask, .arg = replay};
	replay->patience = (struct loop_timer){.fn = out_of_patience, .arg = replay};
	err = name_blob(replay, config, fetch, leader);
	if (err) {
		give_up(replay, strerror(-err));
		return;
	}
	loop_arm(replay->loop, &replay->retry, delay_ms);
	loop_arm(replay->loop, &replay->patience, REPLAY_PATIENCE_S * UINT64_C(1000));
}

void replay_know(struct replay *replay, const char *roothash, uint64_t blocks)
{
	snprintf(replay->roothash, sizeof(replay->roothash), "%s", roothash);
	replay->blocks = blocks;
	replay->is_known = true;
	judge(replay);
}
