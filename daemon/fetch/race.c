/* SPDX-License-Identifier: MIT */
#include "fetch/race.h"

#include <string.h>

static size_t race_on_data(void *arg, const uint8_t *bytes, size_t len);
static void race_on_done(void *arg, enum blob_result result, const char *why);

static const struct blob_events attempt_events = {.data = race_on_data, .done = race_on_done};

unsigned race_mirror(const struct race *race)
{
	return race->leader ? race->leader->get.mirror : 0;
}

static void window_open(struct race *race)
{
	race->window_at = race->at;
	race->window_bytes = race->blob->mirrors[race_mirror(race)].pace->bytes;
	race->window_ms = loop_now_ms(race->blob->loop);
	race->window_asked_ms = blob_asked_ms(&race->leader->get);
}

static uint32_t patience_ms(const struct race *race)
{
	const struct blob *blob = race->blob;
	unsigned shift = race->rivals < RACE_PATIENCE_SHIFT ? race->rivals : RACE_PATIENCE_SHIFT;
	uint32_t ignored;

	return pace_patience_ms(blob->mirrors[race_mirror(race)].pace,
				blob_has_other(blob, race_mirror(race), &ignored))
	       << shift;
}

/*
 * A transfer that shares a busy link is slow but not stalled. So one that moves at least PACE_SLOW_LEAST is
 * only stalled if all transfers from this mirror together are slow as well.
 */
static bool is_stalled(const struct race *race)
{
	const struct blob *blob = race->blob;
	const struct pace *pace = blob->mirrors[race_mirror(race)].pace;
	uint64_t ms = blob_asked_ms(&race->leader->get) - race->window_asked_ms;
	uint64_t moved = race->at - race->window_at;
	uint64_t all = pace->bytes - race->window_bytes;
	uint32_t rate, slow;
	bool has_other = blob_has_other(blob, race_mirror(race), &rate);

	/* It has not been sent: a second one at the same server would only wait behind it. */
	if (blob_is_waiting(&race->leader->get))
		return has_other;
	slow = pace_slow(pace, rate);
	return moved < ms * PACE_SLOW_LEAST || (moved < ms * slow && all < ms * slow);
}

static void racing_end(struct race *race)
{
	if (race->is_racing)
		race->blob->rivals--;
	race->is_racing = false;
}

/* Makes the rival the leader. Returns false when there is nothing left to fetch. */
static bool take_over(struct race *race)
{
	struct race_attempt *winner;
	uint64_t off, end;

	race->events->reached(race->arg, &off, &end);
	if (off >= end)
		return false;
	race->events->turn(race->arg, off);
	racing_end(race);
	winner = race->other;
	race->other = race->leader;
	race->leader = winner;
	race->at = off;
	window_open(race);
	return true;
}

/* The timer cancels it: inside a data event, no other transfer can be cancelled. */
static void lose(struct race *race, struct race_attempt *attempt, bool is_slow)
{
	attempt->is_beaten = true;
	attempt->is_slow = is_slow;
	loop_arm(race->blob->loop, &race->timer, 0);
}

/* The rival got bytes. It takes over if they go beyond the owner's. Returns false if it is no longer of use. */
static bool win(struct race *race, struct race_attempt *rival, size_t len)
{
	struct race_attempt *loser = race->leader;
	bool had_time = blob_had_time(&loser->get), was_silent = race->revived == 0 && had_time;
	uint64_t off, end;

	race->events->reached(race->arg, &off, &end);
	if (off < end && rival->get.off + rival->get.got + len <= off)
		return true;
	if (!take_over(race))
		return false;
	if (was_silent && rival->get.mirror == loser->get.mirror)
		fetch_distrust(race->blob->fetch);
	if (had_time)
		race->doubted |= UINT32_C(1) << loser->get.mirror;
	lose(race, loser, true);
	return true;
}

static size_t race_on_data(void *arg, const uint8_t *bytes, size_t len)
{
	struct race_attempt *attempt = arg;
	struct race *race = attempt->race;
	uint64_t off = attempt->get.off + attempt->get.got;
	size_t skip, took;

	if (attempt->is_beaten || (attempt != race->leader && !win(race, attempt, len)))
		return FETCH_REFUSE;
	/* It still has to catch up. */
	if (attempt != race->leader)
		return len;
	skip = race->at > off ? (size_t)(race->at - off) : 0;
	if (skip >= len)
		return len;
	took = race->events->data(race->arg, bytes + skip, len - skip);
	if (took == FETCH_REFUSE)
		return took;
	race->at += took;
	race->revived += took;
	if (race->is_racing && race->revived >= RACE_REVIVED) {
		racing_end(race);
		lose(race, race->other, false);
	}
	return skip + took;
}

/* Not if the same server has not answered the rival either: then it is failing, and the owner must know. */
static bool may_inherit(struct race *race)
{
	return race->is_racing &&
	       (race->other->get.has_first || race->other->get.mirror != race_mirror(race));
}

static void race_on_done(void *arg, enum blob_result result, const char *why)
{
	struct race_attempt *attempt = arg;
	struct race *race = attempt->race;

	if (attempt != race->leader) {
		if (!attempt->is_beaten)
			racing_end(race);
		return;
	}
	if (result != BLOB_DONE && result != BLOB_REFUSED && may_inherit(race) && take_over(race))
		return;
	race_cancel(race);
	race->events->done(race->arg, result, why);
}

static void rival_begin(struct race *race)
{
	struct race_attempt *rival = race->other;
	uint64_t off, end;

	race->events->reached(race->arg, &off, &end);
	if (off >= end)
		return;
	rival->is_beaten = rival->is_slow = false;
	if (blob_get_beside(race->blob, &rival->get, race_mirror(race), off, end - off, race->avoid,
			    race->doubted, &attempt_events, rival))
		return;
	race->rivals++;
	race->blob->rivals++;
	race->is_racing = true;
	race->revived = 0;
}

/* Cancels what runs beside the leader. */
static void sweep(struct race *race)
{
	struct race_attempt *attempt = race->other;

	racing_end(race);
	if (!attempt->get.transfer)
		return;
	if (attempt->is_slow)
		blob_beat(&attempt->get);
	else
		blob_cancel(&attempt->get);
}

/* How much of ms is left, of which so much has passed. */
static uint64_t left_of(uint64_t ms, uint64_t passed)
{
	return passed < ms ? ms - passed : 0;
}

/* How long the window still goes on. Time in a queue counts only as long as nothing has been sent. */
static uint64_t window_left_ms(const struct race *race)
{
	const struct blob_transfer *lead = &race->leader->get, *rival = &race->other->get;
	uint64_t passed = blob_is_waiting(lead) ? loop_now_ms(race->blob->loop) - race->window_ms
						: blob_asked_ms(lead) - race->window_asked_ms;
	uint64_t left = left_of(patience_ms(race), passed), rivals_left = 0;

	/* A rival that had to wait gets as much time as the leader had. */
	if (race->is_racing && !blob_is_waiting(rival))
		rivals_left = left_of(patience_ms(race), blob_asked_ms(rival));
	return left > rivals_left ? left : rivals_left;
}

static void on_timer(void *arg)
{
	struct race *race = arg;
	uint64_t left;

	if (race->other->is_beaten)
		sweep(race);
	left = window_left_ms(race);
	if (left == 0) {
		if (race->is_racing) {
			if (blob_had_time(&race->other->get))
				race->doubted |= UINT32_C(1) << race->other->get.mirror;
			race->other->is_slow = true;
			sweep(race);
		}
		if (is_stalled(race) && race->blob->rivals < BLOB_RIVALS_MAX && !blob_quiet_ms(race->blob) &&
		    race->events->is_wanted(race->arg))
			rival_begin(race);
		window_open(race);
		left = window_left_ms(race);
	}
	loop_arm(race->blob->loop, &race->timer, left);
}

int race_begin(struct race *race, struct blob *blob, uint64_t off, uint64_t len, uint32_t avoid,
	       const struct race_events *events, void *arg)
{
	int err;

	*race = (struct race){.blob = blob, .avoid = avoid, .at = off, .events = events, .arg = arg};
	race->attempts[0].race = race->attempts[1].race = race;
	race->leader = &race->attempts[0];
	race->other = &race->attempts[1];
	race->timer = (struct loop_timer){.fn = on_timer, .arg = race};
	err = blob_get(blob, &race->leader->get, off, len, avoid, &attempt_events, race->leader);
	if (!err && blob->is_raced) {
		window_open(race);
		loop_arm(blob->loop, &race->timer, patience_ms(race));
	}
	return err;
}

void race_cancel(struct race *race)
{
	if (!race->blob)
		return;
	loop_disarm(race->blob->loop, &race->timer);
	/* A short range ends before the timer has run. */
	if (race->other->is_beaten)
		sweep(race);
	racing_end(race);
	blob_cancel(&race->attempts[0].get);
	blob_cancel(&race->attempts[1].get);
}

void race_resume(struct race *race)
{
	blob_resume(&race->leader->get);
}
