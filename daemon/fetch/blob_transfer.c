/* SPDX-License-Identifier: MIT */
#include "fetch/blob_transfer.h"

#include <string.h>

enum {
	REPEATS_MAX = 3, /* requests in a row without a byte */
	CHANGES_MAX =
		8, /* answers in a row of another version: of two servers one gives them once in 256 times */
};

uint64_t blob_transfer_at(const struct blob_transfer *get)
{
	return get->off + get->got;
}

void blob_transfer_ask(struct blob_transfer *get, const struct version *known, bool has_size, uint64_t size,
		       bool is_proven)
{
	if (!known && get->has_version)
		known = &get->version;
	get->ask = (struct reply_ask){.off = blob_transfer_at(get),
				      .len = get->len - get->got,
				      .is_small = get->is_small,
				      .has_size = has_size || get->has_size,
				      .size = has_size ? size : get->version.size,
				      .known = known,
				      .is_proven = is_proven};
	get->reply = (struct reply){.status = 0};
	get->part = (struct reply_part){.end = 0};
	get->verdict = VERDICT_GARBAGE;
	get->is_overlong = false;
}

/* Takes the version from the first good answer: it must be that of those that follow. */
static void take_version(struct blob_transfer *get)
{
	const struct reply_part *part = &get->part;

	if (!get->has_version)
		reply_version(&get->reply, part, &get->version);
	get->has_version = true;
	if (!part->has_size)
		return;
	get->has_size = true;
	get->version.size = part->size;
	if (get->off + get->len > part->size)
		get->len = part->size - get->off;
}

bool blob_transfer_take_head(struct blob_transfer *get, const struct reply *reply)
{
	get->reply = *reply;
	get->verdict = reply_judge(reply, &get->ask, &get->part);
	if (get->verdict == VERDICT_OK)
		take_version(get);
	return get->verdict == VERDICT_OK;
}

/* Worth a retry: what servers answer when they are overloaded, restarting or behind a gateway. */
static bool is_passing_status(int status)
{
	return status >= 500 || status == 408 || status == 425 || status == 429;
}

bool blob_transfer_is_refused(const struct blob_transfer *get)
{
	return get->verdict != VERDICT_OK && get->verdict != VERDICT_BEYOND &&
	       !(get->verdict == VERDICT_STATUS && is_passing_status(get->reply.status));
}

static enum blob_result judge_head(const struct blob_transfer *get, const char **why, char *buf, size_t size)
{
	*why = reply_explain(get->verdict, &get->reply, &get->ask, buf, size);
	switch (get->verdict) {
	case VERDICT_CHANGED:
		return BLOB_CHANGED;
	case VERDICT_NO_RANGES:
	case VERDICT_NO_SIZE:
		return BLOB_DOUBTED;
	case VERDICT_TOO_LONG:
	case VERDICT_OTHER_SIZE:
	case VERDICT_BEYOND:
	case VERDICT_ENCODED:
		return BLOB_WRONG;
	case VERDICT_STATUS:
		return is_passing_status(get->reply.status) ? BLOB_AGAIN : BLOB_WRONG;
	default:
		return BLOB_AGAIN;
	}
}

/* The end of the blob, of which nobody has said where it is. */
static enum blob_result find_end(struct blob_transfer *get)
{
	if (!get->has_size) {
		get->has_size = true;
		get->version.size = blob_transfer_at(get);
		get->len = get->got;
	}
	return BLOB_DONE;
}

enum blob_result blob_transfer_judge(struct blob_transfer *get, enum fetch_result ended, const char **why,
				     char *buf, size_t size)
{
	bool is_open = get->part.is_whole && !get->part.has_size; /* its body ends where it ends */

	if (ended == FETCH_UNTRUSTED)
		return BLOB_WRONG;
	if (get->is_overlong && is_open)
		get->verdict = get->is_small ? VERDICT_TOO_LONG : VERDICT_NO_RANGES;
	if (get->is_overlong && !is_open) {
		*why = "the answer is longer than the server promised";
		return BLOB_AGAIN;
	}
	/* The last part ended where the blob does. */
	if (get->verdict == VERDICT_BEYOND && get->got > 0 && !get->has_size) {
		*why = NULL;
		return find_end(get);
	}
	if (ended == FETCH_REFUSED) {
		if (get->verdict != VERDICT_OK)
			return judge_head(get, why, buf, size);
		*why = NULL;
		return BLOB_REFUSED;
	}
	if (!*why && (get->verdict != VERDICT_OK || (!is_open && blob_transfer_at(get) < get->part.end)))
		*why = "the answer ended early, with fewer bytes than the server promised";
	if (*why)
		return BLOB_AGAIN;
	return is_open ? find_end(get) : BLOB_DONE;
}

/*
 * The range ends behind the blob's end, which not every server takes: asks for what there is, or if it does not say how
 * much that is, without a range.
 */
static bool can_shorten(struct blob_transfer *get)
{
	const struct reply *reply = &get->reply;
	bool is_beyond = get->verdict == VERDICT_BEYOND;

	if (get->ask.has_size || get->is_whole || (!is_beyond && reply->status != 400))
		return false;
	if (is_beyond && reply->has_total && reply->total > blob_transfer_at(get) && get->repeats == 0) {
		get->len = reply->total - get->off;
		return true;
	}
	get->is_whole = get->off == 0 && get->got == 0 && !(reply->has_total && reply->total == 0);
	return get->is_whole;
}

bool blob_transfer_goes_on(struct blob_transfer *get, enum blob_result result)
{
	if (result == BLOB_DONE) {
		get->repeats = get->changes = 0;
		get->is_whole = false;
		return get->got < get->len;
	}
	if (result == BLOB_CHANGED)
		return ++get->changes < CHANGES_MAX;
	if (get->repeats == REPEATS_MAX || result == BLOB_REFUSED)
		return false;
	if (!can_shorten(get))
		return false;
	get->repeats++;
	return true;
}
