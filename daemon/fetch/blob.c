/* SPDX-License-Identifier: MIT */
#include "fetch/blob.h"

#include "base/loop.h"
#include "fetch/mirror_name.h"
#include "fetch/origin.h"
#include "fetch/mirror_stats.h"
#include "fetch/retry.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int ask(struct blob_transfer *get, bool is_fresh, bool is_direct);

int blob_add_mirror(struct blob *blob, const char *url)
{
	struct mirror *mirror = &blob->mirrors[blob->mirror_count];

	if (strlen(url) >= BLOB_URL_MAX)
		return -ENAMETOOLONG;
	if (blob->mirror_count == MIRROR_COUNT_MAX)
		return -ENOSPC;
	memset(mirror, 0, sizeof(*mirror));
	mirror->url = strdup(url);
	if (!mirror->url)
		return -ENOMEM;
	mirror->stats = &mirror->own_record;
	mirror->pace = &mirror->stats->pace;
	blob->mirror_count++;
	return 0;
}

int blob_init(struct blob *blob, struct fetch *fetch, struct loop *loop, const char *url)
{
	int err;

	memset(blob, 0, sizeof(*blob));
	blob->fetch = fetch;
	blob->loop = loop;
	err = blob_add_mirror(blob, url);
	blob->url = blob->mirrors[0].url;
	return err;
}

uint64_t blob_worth(const struct blob *blob)
{
	return pace_worth(blob->mirrors[blob->current].pace);
}

void blob_use_stats(struct blob *blob, struct mirror_stats_blob *stats)
{
	for (unsigned i = 0; i < blob->mirror_count; i++) {
		blob->mirrors[i].stats = &stats->mirrors[i];
		blob->mirrors[i].pace = &stats->mirrors[i].pace;
	}
	if (stats->current < blob->mirror_count)
		blob->current = stats->current;
	blob->stats = stats;
}

void blob_share_pace(struct blob *blob, struct blob *lender)
{
	for (unsigned i = 0; i < blob->mirror_count; i++)
		for (unsigned k = 0; k < lender->mirror_count; k++) {
			/* If lender has several at this origin, prefer the one with the same number. */
			unsigned at = (i + k) % lender->mirror_count;

			if (origin_is_same(blob->mirrors[i].url, lender->mirrors[at].url)) {
				blob->mirrors[i].pace = lender->mirrors[at].pace;
				break;
			}
		}
}

void blob_fini(struct blob *blob)
{
	for (unsigned i = 0; i < blob->mirror_count; i++) {
		free(blob->mirrors[i].url);
		free(blob->mirrors[i].effective_url);
	}
	memset(blob, 0, sizeof(*blob));
}

void blob_recall(struct blob *blob, unsigned mirror, const struct version *version)
{
	blob->mirrors[mirror].version = *version;
	blob->mirrors[mirror].is_known = true;
	blob_set_size(blob, version->size);
}

void blob_set_size(struct blob *blob, uint64_t size)
{
	blob->size = size;
	blob->is_known = true;
}

void blob_follow(struct blob *blob, const struct blob *leader)
{
	blob->current = leader->current;
}

/* Where a request to it goes. */
static const char *mirror_url(const struct mirror *mirror)
{
	return mirror->effective_url ? mirror->effective_url : mirror->url;
}

static void drop_effective_url(struct mirror *mirror)
{
	free(mirror->effective_url);
	mirror->effective_url = NULL;
	mirror->is_target_good = false;
}

void blob_forget(struct blob *blob)
{
	blob->is_known = false;
	for (unsigned i = 0; i < blob->mirror_count; i++) {
		blob->mirrors[i].is_known = false;
		drop_effective_url(&blob->mirrors[i]);
	}
}

/*
 * Keeping the redirected URL saves every later range a round trip. It is dropped at the first failure: a signed target
 * expires. Where each request gets a target of its own, none is kept.
 */
static void learn_effective_url(struct mirror *mirror, const char *url)
{
	if (strcmp(url, mirror_url(mirror)) == 0)
		return;
	drop_effective_url(mirror);
	if (strcmp(url, mirror->url) == 0 || mirror->vain_targets >= MIRROR_VAIN_MAX)
		return;
	mirror->effective_url = strdup(url);
	mirror->target_number++;
}

/*
 * The end of a request that began at the target of an earlier redirect. If that refuses, it says nothing about the
 * mirror itself: returns true to have the mirror asked, at once.
 */
static bool judge_target(const struct blob_transfer *get, enum fetch_result ended)
{
	struct mirror *mirror = &get->blob->mirrors[get->mirror];
	bool is_kept = mirror->effective_url && get->target_number == mirror->target_number;

	if (ended == FETCH_DONE && is_kept) {
		mirror->is_target_good = true;
		mirror->vain_targets = 0;
	}
	if (ended != FETCH_REFUSED || !blob_transfer_is_refused(get))
		return false;
	/* Of several requests that it refuses the first one counts. */
	if (is_kept && !mirror->is_target_good)
		mirror->vain_targets++;
	if (is_kept)
		drop_effective_url(mirror);
	return true;
}

static bool blob_on_head(void *arg, const struct reply *reply)
{
	struct blob_transfer *get = arg;

	if (!blob_transfer_take_head(get, reply))
		return false;
	get->blob->has_two_versions |= get->changes > 0;
	learn_effective_url(&get->blob->mirrors[get->mirror], fetch_effective_url(get->transfer));
	return true;
}

static size_t blob_on_data(void *arg, const uint8_t *bytes, size_t len)
{
	struct blob_transfer *get = arg;
	struct pace *pace = get->blob->mirrors[get->mirror].pace;
	size_t took;

	if (!get->has_first) {
		get->has_first = true;
		get->first_ms = blob_asked_ms(get);
		pace_take_first(pace, get->first_ms);
	}
	pace->bytes += len;
	if (len > get->part.end - blob_transfer_at(get)) {
		get->is_overlong = true;
		return FETCH_REFUSE;
	}
	took = get->events->data(get->arg, bytes, len);
	if (took != FETCH_REFUSE)
		get->got += took;
	get->is_held |= took < len;
	return took;
}

/* Retry-After. The random part keeps hosts that got it together from returning together. */
static void obey(struct pace *pace, uint32_t retry_after_s, uint64_t now)
{
	if (retry_after_s)
		pace->quiet_until_ms = now + retry_after_s * UINT64_C(1000) + (unsigned)rand() % 1000;
}

/* Turns one mirror's result into the blob's: another mirror may still have the bytes. */
static enum blob_result conclude(struct blob_transfer *get, enum blob_result result)
{
	struct blob *blob = get->blob;
	struct mirror *mirror = &blob->mirrors[get->mirror];
	uint64_t now = loop_now_ms(blob->loop);
	bool is_refusal = result == BLOB_WRONG || result == BLOB_DOUBTED;

	mirror->stats->is_wrong = is_refusal;
	mirror->stats->wrong_ms = now;
	if (result == BLOB_DONE || result == BLOB_REFUSED) {
		mirror->stats->failed_ms = 0;
		pace_take_success(mirror->pace);
		if (get->has_first && !get->is_held)
			pace_take_bytes(mirror->pace, get->got, blob_asked_ms(get) - get->first_ms);
		return result;
	}
	drop_effective_url(mirror);
	if (result == BLOB_AGAIN) {
		mirror->stats->failed_ms = now;
		pace_take_failure(mirror->pace, now);
	}
	obey(mirror->pace, reply_retry_s(&get->reply), now);
	if (is_refusal)
		for (unsigned i = 0; i < blob->mirror_count; i++)
			if (!blob->mirrors[i].stats->is_wrong)
				return BLOB_AGAIN;
	return result;
}

/* What the first transfer that is complete has found. */
static void learn_version(struct blob_transfer *get)
{
	struct blob *blob = get->blob;
	struct mirror *mirror = &blob->mirrors[get->mirror];

	if (!blob->is_known && get->has_size)
		blob_set_size(blob, get->version.size);
	if (mirror->is_known || !blob->is_known)
		return;
	mirror->version = get->version;
	mirror->version.size = blob->size;
	mirror->is_known = true;
}

static void blob_on_done(void *arg, enum fetch_result ended, const char *why)
{
	struct blob_transfer *get = arg;
	char buf[BLOB_WHY_MAX], named[BLOB_WHY_MAX + 224];
	enum blob_result result = blob_transfer_judge(get, ended, &why, buf, sizeof(buf));
	bool is_direct;

	if (why)
		why = mirror_name_explain(&get->blob->mirrors[get->mirror],
					  fetch_effective_url(get->transfer), why, named, sizeof(named));
	get->waited_ms += fetch_waited_ms(get->transfer);
	get->transfer = NULL;
	is_direct = get->target_number && judge_target(get, ended);
	if (is_direct || blob_transfer_goes_on(get, result)) {
		if (ask(get, false, is_direct) == 0)
			return;
		result = BLOB_AGAIN;
		why = "out of memory";
	}
	if (result == BLOB_DONE)
		learn_version(get);
	get->events->done(get->arg, conclude(get, result), why);
}

bool blob_has_other(const struct blob *blob, unsigned mirror, uint32_t *rate_out)
{
	uint64_t now = loop_now_ms(blob->loop);
	bool has_other = false;
	uint32_t rate;

	*rate_out = 0;
	for (unsigned i = 0; i < blob->mirror_count; i++) {
		if (i == mirror || mirror_is_failing(&blob->mirrors[i], now))
			continue;
		rate = blob->mirrors[i].pace->is_measured ? blob->mirrors[i].pace->rate : PACE_RATE_UNKNOWN;
		has_other = true;
		if (rate > *rate_out)
			*rate_out = rate;
	}
	return has_other;
}

uint32_t blob_quiet_ms(const struct blob *blob)
{
	uint64_t now = loop_now_ms(blob->loop), quiet = UINT64_MAX;

	for (unsigned i = 0; i < blob->mirror_count; i++) {
		uint64_t until = blob->mirrors[i].pace->quiet_until_ms;
		uint64_t wait = until > now ? until - now : 0;

		if (wait < quiet)
			quiet = wait;
	}
	return (uint32_t)quiet;
}

/* Transfers that a mirror has failed in a row: the fewest of any whose answers are of use. */
static unsigned failures_in_a_row(const struct blob *blob)
{
	unsigned least = UINT32_MAX - BLOB_PAUSES_ALIVE;

	for (unsigned i = 0; i < blob->mirror_count; i++) {
		const struct mirror *mirror = &blob->mirrors[i];

		if (!mirror->stats->is_wrong && !mirror->stats->lies && mirror->pace->failures < least)
			least = mirror->pace->failures;
	}
	return least;
}

uint32_t blob_pause_ms(const struct blob *blob, unsigned attempts)
{
	uint32_t quiet = blob_quiet_ms(blob), pause, ignored;
	unsigned most = failures_in_a_row(blob) + BLOB_PAUSES_ALIVE;

	if (attempts < blob->mirror_count && blob_has_other(blob, UINT32_MAX, &ignored))
		return 0;
	if (attempts > most)
		attempts = most;
	pause = retry_pause_ms(attempts, (uint32_t)rand());
	return pause > quiet ? pause : quiet;
}

static unsigned pick(struct blob *blob, uint64_t len, uint32_t avoid, uint32_t doubt)
{
	for (unsigned i = 0; blob->mirror_count > 1 && i < blob->mirror_count; i++)
		blob->mirrors[i].wait_ms = fetch_wait_ms(blob->fetch, mirror_url(&blob->mirrors[i]));
	return mirror_pick(blob->mirrors, blob->mirror_count, blob->current, len, avoid, doubt,
			   loop_now_ms(blob->loop));
}

/* Requests what is left of the range. is_direct: from the mirror itself, not where it redirected an earlier request. */
static int ask(struct blob_transfer *get, bool is_fresh, bool is_direct)
{
	static const struct fetch_events own = {
		.head = blob_on_head, .data = blob_on_data, .done = blob_on_done};
	const struct blob *blob = get->blob;
	const struct mirror *mirror = &blob->mirrors[get->mirror];
	bool is_at_target = mirror->effective_url && !is_direct;
	const char *url = is_direct ? mirror->url : mirror_url(mirror), *if_range;

	blob_transfer_ask(get, mirror->is_known ? &mirror->version : NULL, blob->is_known, blob->size,
			  blob->is_proven);
	get->target_number = is_at_target ? mirror->target_number : 0;
	if_range = get->ask.known && !blob->is_proven ? version_if_range(get->ask.known) : NULL;
	return fetch_begin(blob->fetch, url, get->ask.off, get->is_whole ? FETCH_WHOLE : get->ask.len,
			   if_range, is_fresh, &own, get, &get->transfer);
}

static int begin(struct blob *blob, struct blob_transfer *get, unsigned mirror, uint64_t off, uint64_t len,
		 bool is_fresh, const struct blob_events *events, void *arg)
{
	*get = (struct blob_transfer){.blob = blob,
				      .mirror = mirror,
				      .off = off,
				      .len = len,
				      .is_small = blob->is_whole,
				      .is_whole = blob->is_whole,
				      .begun_ms = loop_now_ms(blob->loop),
				      .events = events,
				      .arg = arg};
	return ask(get, is_fresh, false);
}

int blob_get(struct blob *blob, struct blob_transfer *get, uint64_t off, uint64_t len, uint32_t avoid,
	     const struct blob_events *events, void *arg)
{
	unsigned mirror = pick(blob, len, avoid, 0);

	/* What one caller avoids must not change the mirror for the others. */
	if (!avoid) {
		blob->current = mirror;
		if (blob->stats)
			blob->stats->current = mirror;
	}
	if (blob->asked)
		blob->asked(blob->asked_arg, mirror);
	return begin(blob, get, mirror, off, len, false, events, arg);
}

int blob_get_beside(struct blob *blob, struct blob_transfer *get, unsigned lead, uint64_t off, uint64_t len,
		    uint32_t avoid, uint32_t doubt, const struct blob_events *events, void *arg)
{
	unsigned mirror = pick(blob, len, avoid, doubt | UINT32_C(1) << lead);

	return begin(blob, get, mirror, off, len, mirror == lead, events, arg);
}

int blob_get_from(struct blob *blob, struct blob_transfer *get, unsigned mirror, uint64_t off, uint64_t len,
		  const struct blob_events *events, void *arg)
{
	return begin(blob, get, mirror, off, len, false, events, arg);
}

void blob_cancel(struct blob_transfer *get)
{
	if (get->transfer)
		fetch_cancel(get->transfer);
	get->transfer = NULL;
}

void blob_beat(struct blob_transfer *get)
{
	struct pace *pace = get->blob->mirrors[get->mirror].pace;
	uint64_t now = loop_now_ms(get->blob->loop);

	if (!get->transfer)
		return;
	if (get->has_first && !get->is_held) {
		pace_take_bytes(pace, get->got, blob_asked_ms(get) - get->first_ms);
	} else if (!get->has_first && blob_had_time(get)) {
		pace_take_first(pace, blob_asked_ms(get));
		pace_take_failure(pace, now);
	}
	blob_cancel(get);
}

uint64_t blob_asked_ms(const struct blob_transfer *get)
{
	uint64_t waited = get->waited_ms + (get->transfer ? fetch_waited_ms(get->transfer) : 0);

	return loop_now_ms(get->blob->loop) - get->begun_ms - waited;
}

bool blob_is_waiting(const struct blob_transfer *get)
{
	return get->transfer && fetch_is_waiting(get->transfer);
}

bool blob_had_time(const struct blob_transfer *get)
{
	return !blob_is_waiting(get) && blob_asked_ms(get) >= PACE_OTHER_LEAST_MS;
}

void blob_resume(struct blob_transfer *get)
{
	fetch_resume(get->transfer);
}

void blob_blame(struct blob *blob, unsigned mirror)
{
	mirror_blame(&blob->mirrors[mirror], loop_now_ms(blob->loop));
	/* A redirect may lead elsewhere now. */
	drop_effective_url(&blob->mirrors[mirror]);
}

uint32_t blob_avoid(const struct blob *blob, uint32_t avoid, unsigned mirror)
{
	uint32_t all = (UINT32_C(1) << blob->mirror_count) - 1, liar = UINT32_C(1) << mirror;

	return (avoid | liar) == all ? liar : avoid | liar;
}

void blob_praise(struct blob *blob, unsigned mirror)
{
	mirror_praise(&blob->mirrors[mirror]);
}
