/* SPDX-License-Identifier: MIT */
#include "serve/object.h"

#include "base/block.h"
#include "base/counters.h"
#include "serve/flight.h"
#include "trust/tree.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A kernel request that waits for bytes. */
struct pending {
	uint32_t id;
	uint64_t off, end; /* whole blocks, inside the cache file */
	uint64_t asked_ms;
	struct pending *next;
};

/* A block that flights keep back from the cache file until somebody asks for it. */
struct mark {
	uint64_t off;
	uint8_t *bytes; /* BLOCK_SIZE, aligned */
	bool is_here;
	struct mark *next;
};

/* The only place where a read request is answered. */
static void answer(struct object *object, uint32_t request_id, bool is_served)
{
	struct object_table *table = object->table;

	if (is_served)
		table->counters->answered++;
	else
		table->counters->failed++;
	/* An error means that the reader was killed meanwhile: there is nobody left to tell. */
	(void)table->ops->answer_read(table->transport, object->port, request_id);
}

static void pending_remove(struct object *object, struct pending **at)
{
	struct pending *pending = *at;

	*at = pending->next;
	if (object->pending_end == &pending->next)
		object->pending_end = at;
	free(pending);
	object->table->pending_count--;
	if (object->table->pending_count == PENDING_MAX - 1)
		object->table->ops->pause(object->table->transport, 0);
}

static bool is_whole(const struct object *object, uint64_t off, uint64_t end)
{
	uint64_t last = end / BLOCK_SIZE;

	return blockset_next(&object->present, off / BLOCK_SIZE, last, false) == last;
}

/* Takes the mark off its object. */
static void mark_free(struct object *object, struct mark **at)
{
	struct mark *mark = *at;

	*at = mark->next;
	object->mark_count--;
	free(mark->bytes);
	free(mark);
}

/* Best effort: without a mark the reader meets a miss at the window's end. */
static void mark_set(struct object *object, uint64_t off)
{
	struct mark *mark;

	if (object->mark_count == MARKS_MAX) {
		struct mark **oldest = &object->marks;

		while ((*oldest)->next)
			oldest = &(*oldest)->next;
		mark_free(object, oldest);
	}
	mark = calloc(1, sizeof(*mark));
	if (mark)
		mark->bytes = aligned_alloc(BLOCK_SIZE, BLOCK_SIZE);
	if (!mark || !mark->bytes) {
		free(mark);
		return;
	}
	mark->off = off;
	mark->next = object->marks;
	object->marks = mark;
	object->mark_count++;
}

uint64_t object_kept_back(struct object *object, uint64_t off, uint64_t end, uint8_t **bytes_out)
{
	struct mark *first = NULL;

	for (struct mark *mark = object->marks; mark; mark = mark->next)
		if (mark->off >= off && mark->off < end && (!first || mark->off < first->off))
			first = mark;
	if (!first)
		return UINT64_MAX;
	first->is_here = true;
	*bytes_out = first->bytes;
	return first->off;
}

static void deadline_arm(struct object *object)
{
	struct object_table *table = object->table;
	uint64_t now = loop_now_ms(table->loop), due;

	loop_disarm(table->loop, &object->deadline);
	if (!table->timeout_s || !object->pending)
		return;
	/* Requests stand in the order in which they came. */
	due = object->pending->asked_ms + table->timeout_s * UINT64_C(1000);
	loop_arm(table->loop, &object->deadline, due > now ? due - now : 0);
}

static void deadline_passed(void *arg)
{
	struct object *object = arg;
	uint64_t now = loop_now_ms(object->table->loop), limit_ms = object->table->timeout_s * UINT64_C(1000);

	while (object->pending && now - object->pending->asked_ms >= limit_ms) {
		struct pending pending = *object->pending;

		object->table->news(object, OBJECT_TIMED_OUT, pending.off, pending.end - pending.off, NULL);
		pending_remove(object, &object->pending);
		answer(object, pending.id, false);
	}
	deadline_arm(object);
}

void object_table_fini(struct object_table *table)
{
	while (table->spare_count > 0)
		free(table->spare_buffers[--table->spare_count]);
}

int object_open(struct object_table *table, uint32_t id, transport_port port, struct blob *blob,
		bool owns_blob, struct tree *tree, struct object **object_out)
{
	struct object *object = calloc(1, sizeof(*object));
	int err;

	if (!object)
		return -ENOMEM;
	err = blockset_init(&object->present, block_count(blob->size));
	if (err) {
		free(object);
		return err;
	}
	object->table = table;
	object->id = id;
	object->port = port;
	object->blob = blob;
	object->owns_blob = owns_blob;
	object->tree = tree;
	object->pending_end = &object->pending;
	object->deadline = (struct loop_timer){.fn = deadline_passed, .arg = object};
	*object_out = object;
	return 0;
}

void object_close(struct object *object)
{
	while (object->flights)
		flight_end(object->flights);
	while (object->pending) {
		uint32_t id = object->pending->id;

		pending_remove(object, &object->pending);
		answer(object, id, false);
	}
	while (object->marks)
		mark_free(object, &object->marks);
	free(object->head);
	loop_disarm(object->table->loop, &object->deadline);
	object->table->ops->close_port(object->table->transport, object->port);
	blockset_fini(&object->present);
	if (object->owns_blob) {
		blob_fini(object->blob);
		free(object->blob);
	}
	free(object);
}

void object_give_head(struct object *object, const uint8_t *head, size_t head_len)
{
	if (head_len == 0 || head_len > object->blob->size)
		return;
	object->head = aligned_alloc(BLOCK_SIZE, block_ceil(head_len));
	if (!object->head)
		return;
	memcpy(object->head, head, head_len);
	object->head_len = head_len;
}

/* Writes whole blocks that no flight brought. Best effort: what is not written, or not proven, is fetched again. */
static void put(struct object *object, const uint8_t *bytes, uint64_t off, uint64_t len)
{
	struct object_table *table = object->table;
	enum tree_verdict verdict = TREE_TRUE;

	if (object->tree)
		len = tree_check(object->tree, off / BLOCK_SIZE, bytes, len / BLOCK_SIZE, &verdict) *
		      BLOCK_SIZE;
	if (len > 0 && table->ops->fill(table->transport, object->port, bytes, off, len) == 0)
		blockset_mark(&object->present, off / BLOCK_SIZE, (off + len) / BLOCK_SIZE);
}

/*
 * Takes what an earlier engine left in the cache file, and writes the head if it is not there. Not before the
 * first request: for some milliseconds after an open was answered the kernel refuses every use of the port
 * (ENOBUFS, until its worker has attached the file), and nothing tells when that ends; a request does.
 */
static void adopt(struct object *object)
{
	struct object_table *table = object->table;
	uint64_t start, end, off = 0, len = block_ceil(object->head_len);

	object->is_adopted = true;
	while (table->ops->next_data(table->transport, object->port, off, &start, &end) == 0) {
		blockset_mark(&object->present, block_ceil(start) / BLOCK_SIZE, end / BLOCK_SIZE);
		off = end;
	}
	/* Only a head that reaches the blob's end may end inside a block. */
	if (object->head_len < object->blob->size)
		len = block_floor(object->head_len);
	else if (len > 0)
		memset(object->head + object->head_len, 0, len - object->head_len);
	if (len > 0 && !blockset_has(&object->present, 0))
		put(object, object->head, 0, len);
	free(object->head);
	object->head = NULL;
	/* An engine before has said so. */
	object->is_all_here = object_is_all_here(object);
}

/*
 * Answers whoever has all blocks now. Only requests that touch [off, end) can have become whole.
 */
void object_landed(struct object *object, uint64_t off, uint64_t end)
{
	struct pending **at = &object->pending;

	end = block_ceil(end);
	/* Without memory to remember the blocks nobody could be told that they are here: the kernel looks itself. */
	if (blockset_mark(&object->present, off / BLOCK_SIZE, end / BLOCK_SIZE)) {
		object_lost(object, off, end);
		return;
	}
	while (*at) {
		struct pending *pending = *at;

		if (pending->off < end && pending->end > off &&
		    is_whole(object, pending->off, pending->end)) {
			uint32_t id = pending->id;

			pending_remove(object, at);
			answer(object, id, true);
		} else {
			at = &pending->next;
		}
	}
	deadline_arm(object);
	if (!object->is_all_here && object_is_all_here(object)) {
		object->is_all_here = true;
		object->table->news(object, OBJECT_ALL_HERE, 0, object->blob->size, NULL);
	}
}

void object_lost(struct object *object, uint64_t off, uint64_t end)
{
	struct pending **at = &object->pending;

	end = block_ceil(end);
	while (*at) {
		struct pending *pending = *at;

		if (pending->off < end && pending->end > off) {
			uint32_t id = pending->id;

			pending_remove(object, at);
			answer(object, id, false);
		} else {
			at = &pending->next;
		}
	}
	deadline_arm(object);
}

uint64_t object_wanted_until(const struct object *object, uint64_t off, uint64_t end)
{
	uint64_t until = 0;

	for (const struct pending *pending = object->pending; pending; pending = pending->next)
		if (pending->off < end && pending->end > off && pending->end > until)
			until = pending->end;
	return until > end ? end : until;
}

uint64_t object_wanted_first(const struct object *object, uint64_t off, uint64_t end)
{
	uint64_t first = 0;

	for (const struct pending *pending = object->pending; pending; pending = pending->next) {
		uint64_t wanted = pending->end < end ? pending->end : end;

		if (pending->off < end && pending->end > off && (!first || wanted < first))
			first = wanted;
	}
	return first;
}

static struct flight *flight_at(const struct object *object, uint64_t off)
{
	struct flight *flight = object->flights;

	while (flight && !(flight->off <= off && off < flight->end))
		flight = flight->next;
	return flight;
}

/* Where a flight that starts in the hole at off has to end at the latest: at data, or at another flight. */
static uint64_t hole_end(const struct object *object, uint64_t off, uint64_t end)
{
	end = blockset_next(&object->present, off / BLOCK_SIZE, block_ceil(end) / BLOCK_SIZE, true) *
	      BLOCK_SIZE;
	for (const struct flight *flight = object->flights; flight; flight = flight->next)
		if (flight->off > off && flight->off < end)
			end = flight->off;
	if (end > object->blob->size)
		end = object->blob->size;
	return end;
}

/*
 * Sees to it that every missing block of [off, end) is on its way; a flight for the last of them goes on to
 * ahead_end where nothing is in its way. ahead_end is 0 where nobody waits for the blocks yet. Errors: -ENOMEM.
 */
static int cover(struct object *object, uint64_t off, uint64_t end, uint64_t ahead_end)
{
	while (off < end) {
		struct flight *flight;
		uint64_t until;
		int err = 0;

		off = blockset_next(&object->present, off / BLOCK_SIZE, end / BLOCK_SIZE, false) * BLOCK_SIZE;
		if (off >= end)
			break;
		flight = flight_at(object, off);
		until = flight ? flight->end : hole_end(object, off, ahead_end > end ? ahead_end : end);
		/* The reader here must not wait for all that flies before it. */
		if (flight && ahead_end && off - flight->off > FLIGHT_SPLIT)
			flight->end = off;
		if (!flight || flight->end == off)
			err = flight_begin(object, off, until);
		if (err) {
			if (flight)
				flight->end = until;
			return err;
		}
		off = block_ceil(until);
	}
	return 0;
}

/* Fetches a window that nobody waits for yet: what is missing of it, up to the first block that is not. */
static void fetch_ahead(struct object *object, struct readahead_window window)
{
	uint64_t limit = object->present.block_count * BLOCK_SIZE, end;

	if (window.len == 0 || window.off >= limit || object->is_in_trouble || object->is_store_bad)
		return;
	end = window.len > limit - window.off ? limit : window.off + window.len;
	/* A block that somebody waits for already tells nothing when it is kept back, and would never be given. */
	if (window.mark < end && !blockset_has(&object->present, window.mark / BLOCK_SIZE) &&
	    !object_wanted_until(object, window.mark, window.mark + BLOCK_SIZE))
		mark_set(object, window.mark);
	/* Already on its way as part of a miss's own flight: nothing is left to begin. */
	(void)cover(object, window.off, end, 0);
}

/*
 * A request has come to blocks that were kept back: they go to the cache file now. Returns the offset of the
 * last of them, whose window's successor is due, or UINT64_MAX.
 */
static uint64_t give_marks(struct object *object, uint64_t off, uint64_t end)
{
	struct mark **at = &object->marks;
	uint64_t reached = UINT64_MAX;

	while (*at) {
		struct mark *mark = *at;

		if (mark->off < off || mark->off >= end) {
			at = &mark->next;
			continue;
		}
		if (mark->is_here)
			put(object, mark->bytes, mark->off, BLOCK_SIZE);
		reached = mark->off;
		mark_free(object, at);
	}
	return reached;
}

static int pend(struct object *object, uint32_t request_id, uint64_t off, uint64_t end)
{
	struct object_table *table = object->table;
	struct pending *pending = calloc(1, sizeof(*pending));

	if (!pending)
		return -ENOMEM;
	*pending = (struct pending){
		.id = request_id, .off = off, .end = end, .asked_ms = loop_now_ms(table->loop)};
	*object->pending_end = pending;
	object->pending_end = &pending->next;
	table->pending_count++;
	if (table->pending_count == PENDING_MAX)
		table->ops->pause(table->transport, 1);
	if (table->timeout_s && !object->deadline.is_armed)
		deadline_arm(object);
	return 0;
}

void object_ask(struct object *object, uint32_t request_id, uint64_t off, uint64_t len)
{
	uint64_t limit = object->present.block_count * BLOCK_SIZE, end, hole, reached;
	struct readahead_window window = {.mark = UINT64_MAX};

	object->table->counters->misses++;
	if (!object->is_adopted)
		adopt(object);
	if (len == 0 || off >= limit) {
		answer(object, request_id, false);
		return;
	}
	/* The kernel may ask beyond the end: it gets what there is, and asks again, beyond it all, for EIO. */
	end = len > limit - off ? limit : block_ceil(off + len);
	off = block_floor(off);
	reached = give_marks(object, off, end);
	if (is_whole(object, off, end)) {
		answer(object, request_id, true);
		if (reached != UINT64_MAX)
			fetch_ahead(object, readahead_reached(&object->readahead, reached));
		return;
	}
	if (pend(object, request_id, off, end)) {
		answer(object, request_id, false);
		return;
	}
	/* A miss on what is already on its way is the reader catching up, not a new one. */
	hole = blockset_next(&object->present, off / BLOCK_SIZE, end / BLOCK_SIZE, false) * BLOCK_SIZE;
	if (!flight_at(object, hole))
		window = readahead_miss(&object->readahead, hole, end - hole);
	if (object->is_in_trouble || object->is_store_bad)
		window = (struct readahead_window){.mark = UINT64_MAX};
	if (window.len && window.mark == UINT64_MAX) {
		if (cover(object, off, end, end + window.len))
			object_lost(object, off, end);
	} else if (cover(object, off, end, end)) {
		object_lost(object, off, end);
	}
	if (reached != UINT64_MAX)
		fetch_ahead(object, readahead_reached(&object->readahead, reached));
	if (window.mark != UINT64_MAX)
		fetch_ahead(object, window);
}

bool object_is_all_here(const struct object *object)
{
	return object->present.marked_count == object->present.block_count;
}

bool object_fetch_hole(struct object *object, uint64_t most)
{
	uint64_t last = object->present.block_count, first, end;

	if (!object->is_adopted || object->is_store_bad || object->is_changed)
		return false;
	while (!object_is_all_here(object)) {
		first = blockset_next(&object->present, object->fetch_from_blk, last, false);
		if (first == last)
			return false;
		end = blockset_next(&object->present, first, last, true);
		if (end - first > most / BLOCK_SIZE)
			end = first + most / BLOCK_SIZE;
		object->fetch_from_blk = end;
		/* Blocks that are kept back would be the last holes. */
		(void)give_marks(object, first * BLOCK_SIZE, end * BLOCK_SIZE);
		if (blockset_next(&object->present, first, end, false) < end)
			return cover(object, first * BLOCK_SIZE, end * BLOCK_SIZE, 0) == 0;
	}
	return false;
}

void object_leave_alone(struct object *object, uint64_t room)
{
	char text[32];

	if (object->is_left_alone)
		return;
	object->is_left_alone = true;
	snprintf(text, sizeof(text), "%" PRIu64, room);
	object->table->news(object, OBJECT_NO_ROOM, 0, object->blob->size, text);
}

bool object_is_known_false(const struct object *object, uint64_t off)
{
	return object->false_ms && object->false_off == off &&
	       loop_now_ms(object->table->loop) - object->false_ms < FALSE_AGAIN_MS;
}

bool object_oldest(const struct object *object, uint64_t *asked_ms_out, uint64_t *off_out, uint64_t *len_out)
{
	if (!object->pending)
		return false;
	*asked_ms_out = object->pending->asked_ms;
	*off_out = object->pending->off;
	*len_out = object->pending->end - object->pending->off;
	return true;
}
