/* SPDX-License-Identifier: MIT */
#include "serve/flight.h"

#include "base/block.h"
#include "base/counters.h"
#include "fetch/mirror_name.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	CHANGES_BELIEVED = 2,     /* answers in a row with another version that end a flight */
	ASTRAY_MAX = 2,           /* wrong blocks in a row that end a flight nobody waits for */
	PRAISED_SIZE = 64 * 1024, /* proven bytes make up for a wrong block, as a landed flight does */
};

static void ask(struct flight *flight);

static uint64_t wanted_until(const struct flight *flight)
{
	const struct flight_owner *owner = flight->owner;

	return owner->events->wanted_until(owner->arg, flight->bytes.off, flight->bytes.end);
}

static void tell(const struct flight *flight, enum flight_news news, const char *why, int err)
{
	const struct flight_owner *owner = flight->owner;

	owner->events->news(owner->arg, news, flight->bytes.off, flight->bytes.end - flight->bytes.off, why,
			    err);
}

static bool is_on_wire(const struct flight *flight)
{
	return flight->phase == FLIGHT_ASKING || flight->phase == FLIGHT_HELD ||
	       flight->phase == FLIGHT_ARRIVED;
}

static void leave_wire(struct flight *flight)
{
	struct flight_owner *owner = flight->owner;

	if (owner->tree)
		tree_wait_end(&flight->hashes);
	flight_pool_put(owner->pool, flight->bytes.buf, flight->bytes.size);
	flight->bytes.buf = NULL;
	flight->bytes.len = 0;
	flight_pool_leave(owner->pool, &flight->queue);
}

/* Ends it in any phase, and frees it. Never call it from its own data callback. */
static void flight_end(struct flight *flight)
{
	list_remove(&flight->link);
	loop_disarm(flight->owner->pool->loop, &flight->retry);
	if (is_on_wire(flight)) {
		race_cancel(&flight->race);
		leave_wire(flight);
	} else {
		list_remove(&flight->queue);
	}
	free(flight);
}

static void lose(struct flight *flight, int err)
{
	struct flight_owner *owner = flight->owner;
	uint64_t off = flight->bytes.off, end = flight->bytes.end;

	flight_end(flight);
	owner->events->lost(owner->arg, off, end, err);
}

/* Has the last byte arrived? It is in the buffer, or landed. */
static bool is_all_here(const struct flight *flight)
{
	return gather_at(&flight->bytes) >= flight->bytes.end;
}

static bool has_landed(const struct flight *flight)
{
	return flight->bytes.off >= flight->bytes.end;
}

/* The mirror that sent the byte at bytes.off. */
static unsigned sender(const struct flight *flight)
{
	return flight->bytes.off < flight->seam ? flight->before : race_mirror(&flight->race);
}

static void praise(struct flight *flight, unsigned mirror, uint64_t len)
{
	for (flight->right += len; flight->right >= PRAISED_SIZE; flight->right -= PRAISED_SIZE)
		blob_praise(flight->owner->blob, mirror);
}

/* Returns as gather_land: 0 if all whole blocks were kept. */
static int land(struct flight *flight)
{
	struct flight_owner *owner = flight->owner;
	unsigned mirror = sender(flight);
	size_t landed;
	int err = gather_land(&flight->bytes, owner->blob->size, owner->events->land, owner->arg, &landed);

	if (landed == 0)
		return err;
	if (owner->tree)
		praise(flight, mirror, landed);
	/* Only kept blocks are progress: a server that closes after each byte makes none. */
	flight->trials = (struct flight_trials){.failures = 0};
	if (flight->asked_end >= flight->bytes.end)
		flight->astray = 0;
	return err;
}

/* Is the buffer full or complete, or would landing it answer a request? */
static bool is_worth_landing(const struct flight *flight)
{
	const struct flight_owner *owner = flight->owner;
	const struct gather *bytes = &flight->bytes;
	uint64_t wanted;

	if (gather_is_full(bytes) || is_all_here(flight))
		return true;
	wanted = owner->events->wanted_first(owner->arg, bytes->off, bytes->end);
	return wanted && gather_at(bytes) >= wanted;
}

static size_t flight_on_data(void *arg, const uint8_t *bytes, size_t len)
{
	struct flight *flight = arg;
	size_t done = 0;

	while (done < len && !is_all_here(flight)) {
		size_t took = gather_put(&flight->bytes, bytes + done, len - done);
		int err = 0;

		if (took == 0) {
			flight->phase = FLIGHT_HELD;
			return done;
		}
		done += took;
		if (is_worth_landing(flight))
			err = land(flight);
		if (err && err != -EAGAIN) {
			flight->land_error = err;
			return FETCH_REFUSE;
		}
	}
	/* bytes.end was lowered: the rest belongs to another flight. */
	return done == len ? len : FETCH_REFUSE;
}

static void pause_for(struct flight *flight, uint32_t pause_ms)
{
	flight->phase = FLIGHT_PAUSING;
	loop_arm(flight->owner->pool->loop, &flight->retry, pause_ms);
}

static void on_trouble(struct flight *flight, const char *why)
{
	uint64_t wanted = wanted_until(flight);

	tell(flight, FLIGHT_TROUBLE, why, 0);
	if (!wanted) {
		flight_end(flight);
		return;
	}
	if (wanted < flight->bytes.end)
		flight->bytes.end = wanted;
	flight->trials.failures++;
	/* If the other mirrors are down, one that sent a wrong block may do better now. */
	flight->trials.avoid = 0;
	pause_for(flight, blob_pause_ms(flight->owner->blob, flight->trials.failures));
	leave_wire(flight);
}

static void on_landed(struct flight *flight)
{
	blob_praise(flight->owner->blob, race_mirror(&flight->race));
	tell(flight, FLIGHT_LANDED, NULL, 0);
	flight_end(flight);
}

/* [off, until) cannot be proven: fails its requests, and continues behind it if anybody waits for that. */
static void skip(struct flight *flight, uint64_t until)
{
	struct flight_owner *owner = flight->owner;
	uint64_t off = flight->bytes.off;

	flight->bytes.off = until < flight->bytes.end ? until : flight->bytes.end;
	flight->trials.liars = flight->trials.avoid = 0;
	flight->trials.lies = 0;
	owner->events->lost(owner->arg, off, until, -EIO);
	if (!has_landed(flight) && wanted_until(flight))
		ask(flight);
	else
		flight_end(flight);
}

/*
 * Continues after a wrong block. If nobody waits for the rest, it ends only after several wrong blocks, or
 * when no other mirror is left to ask for this one. No transfer is under way.
 */
static void go_on(struct flight *flight)
{
	bool is_promising =
		flight->astray < ASTRAY_MAX && flight->trials.lies < flight->owner->blob->mirror_count;

	if (is_promising || wanted_until(flight))
		ask(flight);
	else
		flight_end(flight);
}

/* The block at bytes.off is wrong. No transfer is under way. */
static void on_lie(struct flight *flight)
{
	struct flight_owner *owner = flight->owner;
	struct flight_trials *trials = &flight->trials;
	struct blob *blob = owner->blob;
	unsigned mirror = sender(flight);
	char text[BLOB_WHY_MAX], names[BLOB_WHY_MAX - 64];

	flight->right = 0;
	owner->pool->counters->wrong_blocks++;
	blob_blame(blob, mirror);
	trials->liars |= UINT32_C(1) << mirror;
	trials->avoid = blob_avoid(blob, trials->avoid, mirror);
	if (trials->lies == 0)
		flight->astray++;
	if (++trials->lies > blob->mirror_count) {
		mirror_name_list(blob->mirrors, blob->mirror_count, trials->liars, names, sizeof(names));
		owner->events->news(owner->arg, FLIGHT_FALSE, flight->bytes.off, BLOCK_SIZE, names, 0);
		skip(flight, flight->bytes.off + BLOCK_SIZE);
		return;
	}
	mirror_name_list(blob->mirrors, blob->mirror_count, UINT32_C(1) << mirror, names, sizeof(names));
	snprintf(text, sizeof(text), "not what the root hash vouches for, as sent by %s", names);
	tell(flight, FLIGHT_LIE, text, 0);
	go_on(flight);
}

static void on_land_error(struct flight *flight, int err)
{
	if (err == -EBADMSG) {
		on_lie(flight);
		return;
	}
	tell(flight, FLIGHT_UNSTORED, strerror(-err), err);
	lose(flight, err);
}

/* The transfer is over. */
static void flight_on_done(void *arg, enum blob_result result, const char *why)
{
	struct flight *flight = arg;
	int err = flight->land_error;

	/* Whole blocks that came before any failure are good: keep them, and continue from there. */
	if (!err)
		err = land(flight);
	if (err && err != -EAGAIN) {
		on_land_error(flight, err);
	} else if (has_landed(flight)) {
		if (result == BLOB_DONE || result == BLOB_REFUSED)
			on_landed(flight);
		else
			flight_end(flight);
	} else if (result == BLOB_DONE && flight->bytes.off >= flight->asked_end) {
		/* The wrong block was requested again, alone, and has landed. */
		go_on(flight);
	} else if (is_all_here(flight)) {
		flight->phase = FLIGHT_ARRIVED;
	} else if (result == BLOB_CHANGED && ++flight->trials.changes >= CHANGES_BELIEVED) {
		/* A proxy or portal may cause one. None of its bytes are used, so asking again is safe. */
		tell(flight, FLIGHT_CHANGED, why, 0);
		lose(flight, -EIO);
	} else {
		on_trouble(flight, why ? why : "the answer ended early");
	}
}

/* Waits for the hashes of the range still to land, and for no others. */
static void wait_for_hashes(struct flight *flight)
{
	struct tree *tree = flight->owner->tree;

	tree_wait_end(&flight->hashes);
	if (!has_landed(flight))
		tree_wait_begin(tree, &flight->hashes, flight->bytes.off / BLOCK_SIZE,
				block_count(flight->bytes.end));
}

/* Hashes came, or bytes.end was lowered: lands what can land, and continues. May end the flight. */
static void settle(struct flight *flight)
{
	int err;

	if (flight->phase == FLIGHT_ASKING && !is_worth_landing(flight))
		return;
	err = land(flight);
	if (err && err != -EAGAIN) {
		race_cancel(&flight->race);
		on_land_error(flight, err);
	} else if (flight->phase == FLIGHT_ARRIVED && has_landed(flight)) {
		on_landed(flight);
	} else if (flight->phase == FLIGHT_HELD && !gather_is_full(&flight->bytes)) {
		flight->phase = FLIGHT_ASKING;
		race_resume(&flight->race);
	}
}

/* The bytes [from, until) cannot be proven; some of them are the flight's. */
static void on_false(struct flight *flight, uint64_t from, uint64_t until, const char *why)
{
	struct flight_owner *owner = flight->owner;
	uint64_t end = flight->bytes.end;

	owner->events->news(owner->arg, FLIGHT_UNPROVEN, from, until - from, why, 0);
	if (from <= flight->bytes.off) {
		race_cancel(&flight->race);
		skip(flight, until);
		return;
	}
	/* What follows gets a flight of its own, if anybody waits for it. */
	gather_cut(&flight->bytes, from);
	wait_for_hashes(flight);
	owner->events->lost(owner->arg, from, until, -EIO);
	if (until < end && owner->events->wanted_until(owner->arg, until, end) &&
	    flight_begin(owner, until, end))
		owner->events->lost(owner->arg, until, end, -ENOMEM);
	settle(flight);
}

static void on_tree(void *arg, enum tree_event event, uint64_t begin, uint64_t end, const char *why)
{
	struct flight *flight = arg;

	switch (event) {
	case TREE_CAME:
		settle(flight);
		break;
	case TREE_TROUBLE:
		tell(flight, FLIGHT_TROUBLE, why, 0);
		if (!wanted_until(flight))
			flight_end(flight);
		break;
	case TREE_FALSE:
		/* If those blocks are another flight's now, waiting for them would fetch them for ever. */
		if (begin * BLOCK_SIZE >= flight->bytes.end || end * BLOCK_SIZE <= flight->bytes.off)
			wait_for_hashes(flight);
		else
			on_false(flight, begin * BLOCK_SIZE, end * BLOCK_SIZE, why);
		break;
	}
}

/* No second request for read-ahead, nor while waiting for hashes: the tree fetches those. */
static bool is_wanted(void *arg)
{
	const struct flight *flight = arg;

	return flight->phase != FLIGHT_HELD && flight->bytes.off >= flight->seam && wanted_until(flight);
}

/* Keeps whole blocks only: if two mirrors sent parts of one, nobody could say which was wrong. */
static void reached(void *arg, uint64_t *off_out, uint64_t *end_out)
{
	const struct flight *flight = arg;

	*off_out = flight->bytes.off + block_floor(flight->bytes.len);
	*end_out = flight->asked_end < flight->bytes.end ? flight->asked_end : flight->bytes.end;
}

static void turn(void *arg, uint64_t off)
{
	struct flight *flight = arg;

	flight->before = race_mirror(&flight->race);
	flight->seam = off;
	flight->bytes.len = (size_t)(off - flight->bytes.off);
	/* The transfer that was held is the loser's. */
	flight->phase = FLIGHT_ASKING;
}

/*
 * Requests [off, end) and its hashes. The flight has a slot and a buffer. After a wrong block, another mirror
 * is asked for that block alone: the first one may still be the best for the rest.
 */
static void ask(struct flight *flight)
{
	static const struct race_events events = {.data = flight_on_data,
						  .done = flight_on_done,
						  .is_wanted = is_wanted,
						  .reached = reached,
						  .turn = turn};
	struct flight_owner *owner = flight->owner;
	bool is_one = flight->trials.avoid && flight->bytes.end - flight->bytes.off > BLOCK_SIZE;

	flight->phase = FLIGHT_ASKING;
	flight->asked_end = is_one ? flight->bytes.off + BLOCK_SIZE : flight->bytes.end;
	flight->bytes.len = 0;
	flight->land_error = 0;
	flight->seam = 0;
	/* Hashes first: they are short, and data that arrives before them must wait. */
	if (owner->tree)
		wait_for_hashes(flight);
	if (race_begin(&flight->race, owner->blob, flight->bytes.off, flight->asked_end - flight->bytes.off,
		       flight->trials.avoid, &events, flight))
		on_trouble(flight, "out of memory");
}

/* A slot is free: takes it, unless the servers asked for a pause (Retry-After). */
static void fly(struct flight *flight)
{
	struct flight_pool *pool = flight->owner->pool;
	uint32_t quiet_ms = blob_quiet_ms(flight->owner->blob);

	if (quiet_ms) {
		pause_for(flight, quiet_ms);
		return;
	}
	flight_pool_take(pool, &flight->queue);
	flight->phase = FLIGHT_ASKING;
	flight->bytes.buf = flight_pool_get(pool, flight->bytes.end - flight->bytes.off, &flight->bytes.size);
	if (flight->bytes.buf)
		ask(flight);
	else
		on_trouble(flight, "out of memory");
}

static void fly_or_queue(void *arg)
{
	struct flight *flight = arg;

	if (flight_pool_enter(flight->owner->pool, &flight->queue))
		fly(flight);
	else
		flight->phase = FLIGHT_QUEUED;
}

static void fly_from_queue(struct list *link)
{
	fly(list_entry(link, struct flight, queue));
}

static bool is_waited_for(const struct list *link)
{
	return wanted_until(list_entry(link, struct flight, queue)) != 0;
}

static void make_way(struct list *link)
{
	flight_end(list_entry(link, struct flight, queue));
}

void flight_init_pool(struct flight_pool *pool, struct loop *loop, struct counters *counters)
{
	static const struct flight_pool_events events = {
		.fly = fly_from_queue, .is_wanted = is_waited_for, .end = make_way};

	flight_pool_init(pool, loop, counters, &events);
}

void flight_owner_init(struct flight_owner *owner, struct flight_pool *pool, struct blob *blob,
		       struct tree *tree, const struct flight_events *events, void *arg)
{
	*owner =
		(struct flight_owner){.pool = pool, .blob = blob, .tree = tree, .events = events, .arg = arg};
	list_init(&owner->flights);
}

void flight_owner_fini(struct flight_owner *owner)
{
	struct flight *flight;

	while ((flight = list_first(&owner->flights, struct flight, link)))
		flight_end(flight);
}

int flight_begin(struct flight_owner *owner, uint64_t off, uint64_t end)
{
	struct flight *flight = calloc(1, sizeof(*flight));

	if (!flight)
		return -ENOMEM;
	flight->owner = owner;
	flight->bytes.off = off;
	flight->bytes.end = end;
	flight->retry = (struct loop_timer){.fn = fly_or_queue, .arg = flight};
	flight->hashes = (struct tree_wait){.fn = on_tree, .arg = flight};
	list_prepend(&owner->flights, &flight->link);
	fly_or_queue(flight);
	return 0;
}
