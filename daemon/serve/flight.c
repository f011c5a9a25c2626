/* SPDX-License-Identifier: MIT */
#include "serve/flight.h"

#include "base/block.h"
#include "base/counters.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	CHANGES_BELIEVED = 2,     /* so many answers in a row of another version end a flight */
	ASTRAY_MAX = 2,           /* so many wrong blocks in a row one that nobody waits for */
	PRAISED_SIZE = 64 * 1024, /* so many right bytes make up for a lie, as the end of a flight does */
};

static void fly(struct flight *flight);
static void take_off(struct flight *flight);

static void queue_put(struct flight *flight)
{
	struct object_table *table = flight->object->table;

	flight->state = FLIGHT_QUEUED;
	flight->queue_next = NULL;
	if (table->queue_end)
		table->queue_end->queue_next = flight;
	else
		table->queue = flight;
	table->queue_end = flight;
}

static void queue_remove(struct flight *flight)
{
	struct object_table *table = flight->object->table;
	struct flight *before = NULL, *at = table->queue;

	while (at && at != flight) {
		before = at;
		at = at->queue_next;
	}
	if (!at)
		return;
	if (before)
		before->queue_next = flight->queue_next;
	else
		table->queue = flight->queue_next;
	if (table->queue_end == flight)
		table->queue_end = before;
}

/* A fresh buffer for each small miss would be mapped, zeroed and unmapped, which costs more than the miss itself. */
static void buffer_get(struct flight *flight)
{
	struct object_table *table = flight->object->table;
	bool is_long = flight->end - flight->off > FLIGHT_SMALL_BUFFER;

	flight->buf_size = is_long ? FLIGHT_BUFFER : FLIGHT_SMALL_BUFFER;
	if (!is_long && table->spare_count > 0)
		flight->buf = table->spare_buffers[--table->spare_count];
	else
		flight->buf = aligned_alloc(BLOCK_SIZE, flight->buf_size);
}

static void buffer_put(struct flight *flight)
{
	struct object_table *table = flight->object->table;

	if (flight->buf && flight->buf_size == FLIGHT_SMALL_BUFFER && table->spare_count < SPARE_BUFFERS_MAX)
		table->spare_buffers[table->spare_count++] = flight->buf;
	else
		free(flight->buf);
	flight->buf = NULL;
	flight->buffered = 0;
}

/* A place on the wire is free: the flight that waits longest takes it. */
static void leave_wire(struct flight *flight)
{
	struct object_table *table = flight->object->table;

	if (flight->hashes.is_waiting)
		tree_wait_end(flight->object->tree, &flight->hashes);
	buffer_put(flight);
	table->flight_count--;
	/* One that has to keep quiet for a while leaves its place to the next. */
	while (table->queue && table->flight_count < FLIGHTS_MAX) {
		struct flight *next = table->queue;

		queue_remove(next);
		fly(next);
	}
}

static int fill(struct flight *flight, const uint8_t *bytes, uint64_t off, uint64_t len)
{
	struct object *object = flight->object;
	struct object_table *table = object->table;
	int err;

	if (len == 0)
		return 0;
	err = table->ops->fill(table->transport, object->port, bytes, off, len);
	if (!err)
		object_landed(object, off, off + len);
	return err;
}

/* Writes [off, off + len), whole blocks, but for what the object keeps back. Returns 0 or -errno of fill. */
static int fill_around_marks(struct flight *flight, const uint8_t *bytes, uint64_t off, uint64_t len)
{
	uint64_t end = off + len;
	int err = 0;

	while (!err && off < end) {
		uint8_t *kept;
		uint64_t mark = object_kept_back(flight->object, off, end, &kept);
		uint64_t until = mark < end ? mark : end;

		err = fill(flight, bytes, off, until - off);
		bytes += until - off;
		off = until;
		if (off < end) {
			memcpy(kept, bytes, BLOCK_SIZE);
			bytes += BLOCK_SIZE;
			off += BLOCK_SIZE;
		}
	}
	return err;
}

/* Who sent the byte at off. */
static unsigned sender(const struct flight *flight)
{
	return flight->off < flight->seam ? flight->before : race_mirror(&flight->race);
}

static void praise(struct flight *flight, uint64_t len)
{
	for (flight->right += len; flight->right >= PRAISED_SIZE; flight->right -= PRAISED_SIZE)
		blob_praise(flight->object->blob, sender(flight));
}

/*
 * Takes the whole blocks of the buffer to the cache file, as far as they are proven, and the blob's last block padded
 * with zeros: direct I/O takes nothing less. Returns 0 when all whole blocks are there, -EAGAIN when the next one waits
 * for its hash, -EBADMSG when it is wrong, or -errno of fill.
 */
static int land(struct flight *flight)
{
	struct object *object = flight->object;
	uint64_t size = object->blob->size, whole = block_floor(flight->buffered), len = whole;
	enum tree_verdict verdict = TREE_TRUE;
	int err;

	if (flight->off + flight->buffered == size && whole < flight->buffered) {
		len = whole + BLOCK_SIZE;
		memset(flight->buf + flight->buffered, 0, len - flight->buffered);
		whole = flight->buffered;
	}
	if (object->tree)
		len = tree_check(object->tree, flight->off / BLOCK_SIZE, flight->buf, len / BLOCK_SIZE,
				 &verdict) *
		      BLOCK_SIZE;
	if (whole > len)
		whole = len;
	err = fill_around_marks(flight, flight->buf, flight->off, len);
	if (err)
		return err;
	flight->buffered -= whole;
	if (flight->buffered > 0 && whole > 0)
		memmove(flight->buf, flight->buf + whole, flight->buffered);
	if (object->tree)
		praise(flight, whole);
	flight->off += whole;
	/* Progress is what reaches the cache file: a server that cuts after each byte makes none. */
	if (whole > 0) {
		flight->attempts = 0;
		flight->changes = 0;
		flight->liars = flight->avoid = 0;
		flight->lies = 0;
		if (flight->asked_end >= flight->end)
			flight->astray = 0;
	}
	return verdict == TREE_TRUE ? 0 : verdict == TREE_WRONG ? -EBADMSG : -EAGAIN;
}

static size_t on_data(void *arg, const uint8_t *bytes, size_t len)
{
	struct flight *flight = arg;
	struct object *object = flight->object;
	size_t all = len;

	while (len > 0 && flight->off + flight->buffered < flight->end) {
		size_t room = flight->buf_size - flight->buffered, take = len < room ? len : room;
		uint64_t left = flight->end - flight->off - flight->buffered, have, wanted;

		if (room == 0) {
			flight->is_paused = true;
			return all - len;
		}
		if (take > left)
			take = (size_t)left;
		memcpy(flight->buf + flight->buffered, bytes, take);
		flight->buffered += take;
		bytes += take;
		len -= take;
		have = flight->off + flight->buffered;
		wanted = object_wanted_first(object, flight->off, flight->end);
		if (flight->buffered == flight->buf_size || have == flight->end ||
		    (wanted && have >= wanted)) {
			int err = land(flight);

			if (err && err != -EAGAIN) {
				flight->land_error = err;
				return FETCH_REFUSE;
			}
		}
	}
	/* The rest belongs to a flight that was split off. */
	return flight->off + flight->buffered < flight->end || len == 0 ? all : FETCH_REFUSE;
}

static void say(struct flight *flight, enum object_news news, const char *why)
{
	struct object *object = flight->object;

	object->table->news(object, news, flight->off, flight->end - flight->off, why);
}

static void say_trouble(struct flight *flight, const char *why)
{
	struct object *object = flight->object;

	if (object->is_in_trouble)
		return;
	object->is_in_trouble = true;
	object->trouble_ms = loop_now_ms(object->table->loop);
	say(flight, OBJECT_TROUBLE, why);
}

static void lose(struct flight *flight)
{
	struct object *object = flight->object;
	uint64_t off = flight->off, end = flight->end;

	flight_end(flight);
	object_lost(object, off, end);
}

static void retry(void *arg)
{
	struct flight *flight = arg;
	struct object_table *table = flight->object->table;

	if (table->flight_count < FLIGHTS_MAX)
		fly(flight);
	else
		queue_put(flight);
}

static void pause_for(struct flight *flight, uint32_t pause_ms)
{
	flight->state = FLIGHT_PAUSING;
	loop_arm(flight->object->table->loop, &flight->retry, pause_ms);
}

static void on_trouble(struct flight *flight, const char *why)
{
	struct object *object = flight->object;
	uint64_t wanted = object_wanted_until(object, flight->off, flight->end);

	say_trouble(flight, why);
	if (!wanted) {
		flight_end(flight);
		return;
	}
	if (wanted < flight->end)
		flight->end = wanted;
	flight->attempts++;
	/* Where the others are dead, the one that lied once may do better now. */
	flight->avoid = 0;
	pause_for(flight, blob_pause_ms(object->blob, flight->attempts));
	leave_wire(flight);
}

static void on_store_error(struct flight *flight, int err)
{
	struct object *object = flight->object;

	if (!object->is_store_bad)
		say(flight, err == -ENOSPC ? OBJECT_STORE_FULL : OBJECT_STORE_FAILED, strerror(-err));
	object->is_store_bad = true;
	lose(flight);
}

static void on_landed(struct flight *flight)
{
	struct object *object = flight->object;

	blob_praise(object->blob, race_mirror(&flight->race));
	object->is_store_bad = false;
	object->is_changed = false;
	if (object->is_in_trouble) {
		object->is_in_trouble = false;
		say(flight, OBJECT_RECOVERED, NULL);
	}
	flight_end(flight);
}

/* Nothing proven can be had for [off, until): who waits for it is told, and the flight goes on behind it. */
static void skip(struct flight *flight, uint64_t until)
{
	struct object *object = flight->object;
	uint64_t off = flight->off;

	flight->off = until < flight->end ? until : flight->end;
	flight->liars = flight->avoid = 0;
	flight->lies = 0;
	object_lost(object, off, until);
	if (flight->off < flight->end && object_wanted_until(object, flight->off, flight->end))
		take_off(flight);
	else
		flight_end(flight);
}

/*
 * For what is not here yet, after a wrong block. Where nobody waits for that yet, a wrong block here and there does not
 * end it, as long as another mirror may have it. No transfer is under way.
 */
static void go_on(struct flight *flight)
{
	bool is_promising = flight->astray < ASTRAY_MAX && flight->lies < flight->object->blob->mirror_count;

	if (is_promising || object_wanted_until(flight->object, flight->off, flight->end))
		take_off(flight);
	else
		flight_end(flight);
}

/* The block at off is not the image's. No transfer is under way. */
static void on_lie(struct flight *flight)
{
	struct object *object = flight->object;
	struct blob *blob = object->blob;
	unsigned mirror = sender(flight);
	char text[BLOB_WHY_MAX], names[BLOB_WHY_MAX - 64];

	flight->right = 0;
	object->table->counters->wrong_blocks++;
	blob_blame(blob, mirror);
	flight->liars |= UINT32_C(1) << mirror;
	flight->avoid = blob_avoid(blob, flight->avoid, mirror);
	if (flight->lies == 0)
		flight->astray++;
	if (++flight->lies > blob->mirror_count) {
		blob_name_mirrors(blob, flight->liars, names, sizeof(names));
		object->table->news(object, OBJECT_FALSE, flight->off, BLOCK_SIZE, names);
		skip(flight, flight->off + BLOCK_SIZE);
		return;
	}
	snprintf(text, sizeof(text), "not what the root hash vouches for, as sent by %.300s",
		 blob->mirrors[mirror].url);
	if (!object_is_known_false(object, flight->off))
		say_trouble(flight, text);
	go_on(flight);
}

static void on_done(void *arg, enum blob_result result, const char *why)
{
	struct flight *flight = arg;
	struct object *object = flight->object;
	int err = flight->land_error;

	/* What came whole before any trouble is good: keep it, and go on from there. */
	if (!err)
		err = land(flight);
	if (err == -EBADMSG) {
		on_lie(flight);
	} else if (err && err != -EAGAIN) {
		on_store_error(flight, err);
	} else if (flight->off >= flight->end) {
		if (result == BLOB_DONE || result == BLOB_REFUSED)
			on_landed(flight);
		else
			flight_end(flight);
	} else if (result == BLOB_DONE && flight->off >= flight->asked_end) {
		/* The block that was wrong is here. */
		go_on(flight);
	} else if (flight->off + flight->buffered >= flight->end) {
		flight->is_arrived = true;
	} else if (result == BLOB_CHANGED && ++flight->changes >= CHANGES_BELIEVED) {
		/* Once may be a proxy's or a portal's doing; nothing of that answer is used, so asking again does
		 * no harm. */
		if (!object->is_changed)
			say(flight, OBJECT_CHANGED, why);
		object->is_changed = true;
		lose(flight);
	} else {
		on_trouble(flight, why ? why : "the answer ended early");
	}
}

/* Waits for those of what the flight has to bring now, and no longer for any others. */
static void wait_for_hashes(struct flight *flight)
{
	struct tree *tree = flight->object->tree;

	tree_wait_end(tree, &flight->hashes);
	if (flight->off < flight->end)
		tree_wait_begin(tree, &flight->hashes, flight->off / BLOCK_SIZE, block_count(flight->end));
}

/* Hashes came: blocks that waited for them can go on. */
static void on_hashes(struct flight *flight)
{
	uint64_t wanted = object_wanted_first(flight->object, flight->off, flight->end);
	int err;

	/* A buffer that is full to the byte does not pause before the next one comes. */
	if (!flight->is_arrived && flight->buffered < flight->buf_size &&
	    !(wanted && flight->off + flight->buffered >= wanted))
		return;
	err = land(flight);
	if (err && err != -EAGAIN) {
		race_cancel(&flight->race);
		if (err == -EBADMSG)
			on_lie(flight);
		else
			on_store_error(flight, err);
	} else if (flight->is_arrived) {
		if (flight->off >= flight->end)
			on_landed(flight);
	} else if (flight->is_paused && flight->buffered < flight->buf_size) {
		flight->is_paused = false;
		/* The flight may have ended when this returns. */
		race_resume(&flight->race);
	}
}

/* The blocks [from, until), of which some are the flight's, cannot be proven. */
static void on_false(struct flight *flight, uint64_t from, uint64_t until, const char *why)
{
	struct object *object = flight->object;
	uint64_t end = flight->end;

	object->table->news(object, OBJECT_UNPROVEN, from, until - from, why);
	if (from <= flight->off) {
		race_cancel(&flight->race);
		skip(flight, until);
		return;
	}
	/* A flight of its own for what is behind, if anybody waits for that. */
	flight->end = from;
	if (flight->off + flight->buffered > from)
		flight->buffered = (size_t)(from - flight->off);
	wait_for_hashes(flight);
	object_lost(object, from, until);
	if (until < end && object_wanted_until(object, until, end) && flight_begin(object, until, end))
		object_lost(object, until, end);
	on_hashes(flight);
}

static void on_tree(void *arg, enum tree_event event, uint64_t begin, uint64_t end, const char *why)
{
	struct flight *flight = arg;

	if (event == TREE_FALSE && (begin * BLOCK_SIZE >= flight->end || end * BLOCK_SIZE <= flight->off)) {
		/* A split has left those blocks to another flight, and they would be fetched for ever. */
		wait_for_hashes(flight);
	} else if (event == TREE_FALSE) {
		on_false(flight, begin * BLOCK_SIZE, end * BLOCK_SIZE, why);
	} else if (event == TREE_CAME) {
		on_hashes(flight);
	} else if (event == TREE_TROUBLE) {
		say_trouble(flight, why);
		if (!object_wanted_until(flight->object, flight->off, flight->end))
			flight_end(flight);
	}
}

/* Read-ahead is worth no second request, and neither is what waits for its hashes; the tree sees to those. */
static bool is_wanted(void *arg)
{
	const struct flight *flight = arg;

	return !flight->is_paused && flight->off >= flight->seam &&
	       object_wanted_until(flight->object, flight->off, flight->end);
}

/* Whole blocks stay: of one that came in part nobody could say who was wrong. */
static void reached(void *arg, uint64_t *off_out, uint64_t *end_out)
{
	const struct flight *flight = arg;

	*off_out = flight->off + block_floor(flight->buffered);
	*end_out = flight->asked_end < flight->end ? flight->asked_end : flight->end;
}

static void turn(void *arg, uint64_t off)
{
	struct flight *flight = arg;

	flight->before = race_mirror(&flight->race);
	flight->seam = off;
	flight->buffered = (size_t)(off - flight->off);
	/* What paused is the loser. */
	flight->is_paused = false;
}

/*
 * Asks for [off, end), and for its hashes beside it. It has a place on the wire and a buffer. In the place of a mirror
 * that had a block wrong, others are asked for that block alone: of the rest it may be the best there is.
 */
static void take_off(struct flight *flight)
{
	static const struct race_events events = {
		.data = on_data, .done = on_done, .is_wanted = is_wanted, .reached = reached, .turn = turn};
	struct object *object = flight->object;
	bool is_one = flight->avoid && flight->end - flight->off > BLOCK_SIZE;

	flight->asked_end = is_one ? flight->off + BLOCK_SIZE : flight->end;
	flight->buffered = 0;
	flight->land_error = 0;
	flight->is_paused = false;
	flight->is_arrived = false;
	flight->seam = 0;
	/* Hashes first: they are short, and data that comes before them has to wait, or be stopped. */
	if (object->tree)
		wait_for_hashes(flight);
	if (race_begin(&flight->race, object->blob, flight->off, flight->asked_end - flight->off,
		       flight->avoid, &events, flight))
		on_trouble(flight, "out of memory");
}

static void fly(struct flight *flight)
{
	uint32_t quiet_ms = blob_quiet_ms(flight->object->blob);

	if (quiet_ms) {
		pause_for(flight, quiet_ms);
		return;
	}
	flight->object->table->flight_count++;
	flight->state = FLIGHT_FLYING;
	buffer_get(flight);
	if (flight->buf)
		take_off(flight);
	else
		on_trouble(flight, "out of memory");
}

int flight_begin(struct object *object, uint64_t off, uint64_t end)
{
	struct flight *flight = calloc(1, sizeof(*flight));

	if (!flight)
		return -ENOMEM;
	flight->object = object;
	flight->off = off;
	flight->end = end;
	flight->retry = (struct loop_timer){.fn = retry, .arg = flight};
	flight->hashes = (struct tree_wait){.fn = on_tree, .arg = flight};
	flight->next = object->flights;
	object->flights = flight;
	if (object->table->flight_count < FLIGHTS_MAX)
		fly(flight);
	else
		queue_put(flight);
	return 0;
}

void flight_end(struct flight *flight)
{
	struct object *object = flight->object;
	struct flight **at = &object->flights;

	while (*at != flight)
		at = &(*at)->next;
	*at = flight->next;
	loop_disarm(object->table->loop, &flight->retry);
	if (flight->state == FLIGHT_QUEUED)
		queue_remove(flight);
	if (flight->state == FLIGHT_FLYING) {
		race_cancel(&flight->race);
		leave_wire(flight);
	}
	free(flight);
}
