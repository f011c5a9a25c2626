/* SPDX-License-Identifier: MIT */
#include "fetch/contact.h"

#include "base/block.h"
#include "fetch/mirror_name.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void begin(void *arg);

static size_t contact_on_data(void *arg, const uint8_t *bytes, size_t len)
{
	struct contact *contact = arg;

	if (len > CONTACT_HEAD - contact->head_len)
		return FETCH_REFUSE;
	memcpy(contact->head + contact->head_len, bytes, len);
	contact->head_len += len;
	return len;
}

static void finish(struct contact *contact, enum blob_result result, const char *why)
{
	loop_disarm(contact->loop, &contact->timer);
	loop_disarm(contact->loop, &contact->patience);
	contact->done(contact, result, why);
}

/* What was refused until then is not there. */
static enum blob_result end_of_patience(const struct contact *contact)
{
	return contact->doubts > 0 ? BLOB_WRONG : BLOB_AGAIN;
}

static void contact_on_done(void *arg, enum blob_result result, const char *why)
{
	struct contact *contact = arg;
	uint64_t now = loop_now_ms(contact->loop);
	uint32_t pause;

	contact->doubts = result == BLOB_DOUBTED ? contact->doubts + 1 : 0;
	if (contact->doubts == CONTACT_DOUBTS_MAX)
		result = BLOB_WRONG;
	if (result == BLOB_DONE || result == BLOB_WRONG) {
		finish(contact, result, why);
		return;
	}
	/* If the others are dead, a mirror whose head was wrong gets another chance. */
	contact->avoid = 0;
	snprintf(contact->last_why, sizeof(contact->last_why), "%s", why);
	if (++contact->attempts == 1)
		contact->trouble(contact, why);
	pause = blob_pause_ms(contact->blob, contact->attempts);
	if (contact->patience_s && now + pause >= contact->deadline_ms)
		finish(contact, end_of_patience(contact), why);
	else
		loop_arm(contact->loop, &contact->timer, pause);
}

static bool is_wanted(void *arg)
{
	(void)arg;
	return true;
}

/* Another transfer fetches the whole head again. */
static void reached(void *arg, uint64_t *off_out, uint64_t *end_out)
{
	const struct contact *contact = arg;

	*off_out = contact->off;
	*end_out = contact->off + CONTACT_HEAD;
}

static void turn(void *arg, uint64_t off)
{
	struct contact *contact = arg;

	(void)off;
	contact->head_len = 0;
}

static void begin(void *arg)
{
	static const struct race_events events = {.data = contact_on_data,
						  .done = contact_on_done,
						  .is_wanted = is_wanted,
						  .reached = reached,
						  .turn = turn};
	struct contact *contact = arg;

	contact->head_len = 0;
	contact->asked_ms = loop_now_ms(contact->loop);
	if (race_begin(&contact->race, contact->blob, contact->off, CONTACT_HEAD, contact->avoid, &events,
		       contact))
		finish(contact, BLOB_AGAIN, "out of memory");
}

/* The time-out, also for an answer that trickles in and would otherwise never end. */
static void out_of_patience(void *arg)
{
	struct contact *contact = arg;
	const struct race *race = &contact->race;
	uint64_t patience_ms = contact->deadline_ms - contact->begun_ms, seconds = patience_ms / 1000;
	/* An attempt that has only just begun says less than the end of the one before it. */
	bool had_time = loop_now_ms(contact->loop) - contact->asked_ms >= patience_ms / 2;
	char text[BLOB_WHY_MAX], buf[BLOB_WHY_MAX + 224];
	const char *why = text;

	if (contact->last_why[0] && (contact->head_len == 0 || !had_time))
		why = contact->last_why;
	else if (contact->head_len > 0)
		snprintf(text, sizeof(text), "too slow: %zu of the first %d bytes came in %" PRIu64 " s",
			 contact->head_len, (int)CONTACT_HEAD, seconds);
	else
		snprintf(text, sizeof(text), "the server is silent: no answer in %" PRIu64 " s", seconds);
	/* It is under way, to where a redirect may have led. */
	if (why == text && race->leader && race->leader->get.transfer)
		why = mirror_name_explain(&contact->blob->mirrors[race_mirror(race)],
					  fetch_effective_url(race->leader->get.transfer), why, buf,
					  sizeof(buf));
	race_cancel(&contact->race);
	finish(contact, end_of_patience(contact), why);
}

/* Starts from the loop, so that done is never called before contact_begin or contact_deny has returned. */
static void schedule(struct contact *contact)
{
	contact->attempts = 0;
	contact->doubts = 0;
	contact->last_why[0] = '\0';
	contact->begun_ms = loop_now_ms(contact->loop);
	contact->deadline_ms = contact->begun_ms + contact->patience_s * UINT64_C(1000);
	loop_arm(contact->loop, &contact->timer, contact->delay_ms);
	if (contact->patience_s)
		loop_arm(contact->loop, &contact->patience, contact->deadline_ms - contact->begun_ms);
}

int contact_make(struct contact *contact, struct blob *blob, struct loop *loop)
{
	contact->blob = blob;
	contact->loop = loop;
	contact->avoid = 0;
	contact->denials = 0;
	contact->timer = (struct loop_timer){.fn = begin, .arg = contact};
	contact->patience = (struct loop_timer){.fn = out_of_patience, .arg = contact};
	memset(&contact->race, 0, sizeof(contact->race));
	contact->head = aligned_alloc(BLOCK_SIZE, CONTACT_HEAD);
	return contact->head ? 0 : -ENOMEM;
}

int contact_begin(struct contact *contact, struct blob *blob, struct loop *loop, uint64_t off,
		  uint32_t patience_s)
{
	int err = contact_make(contact, blob, loop);

	contact->off = off;
	contact->patience_s = patience_s;
	if (!err)
		schedule(contact);
	return err;
}

bool contact_deny(struct contact *contact)
{
	blob_blame(contact->blob, race_mirror(&contact->race));
	contact->avoid = blob_avoid(contact->blob, contact->avoid, race_mirror(&contact->race));
	contact->delay_ms = 0;
	if (++contact->denials > contact->blob->mirror_count)
		return false;
	blob_forget(contact->blob);
	schedule(contact);
	return true;
}

const char *contact_explain(const struct contact *contact, const char *why, char *buf, size_t size)
{
	const struct reply *reply = contact->race.leader ? &contact->race.leader->get.reply : NULL;
	char text[128];

	if (!reply || !reply->encoding[0])
		return why;
	snprintf(buf, size, "%s: %s", why, reply_explain(VERDICT_ENCODED, reply, NULL, text, sizeof(text)));
	return buf;
}

void contact_end(struct contact *contact)
{
	if (!contact->loop)
		return;
	race_cancel(&contact->race);
	loop_disarm(contact->loop, &contact->timer);
	loop_disarm(contact->loop, &contact->patience);
	free(contact->head);
	contact->head = NULL;
}
