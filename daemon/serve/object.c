/* SPDX-License-Identifier: MIT */
#include "serve/object.h"

#include "base/block.h"
#include "base/counters.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void say(struct object *object, enum object_news news, uint64_t off, uint64_t end, const char *why)
{
	object->table->news(object, news, off, end - off, why);
}

static uint64_t now_ms(const struct object *object)
{
	return loop_now_ms(object->table->requests.loop);
}

/* -- what flights report -------------------------------------------------------------------------------------------- */

static void on_lost(void *arg, uint64_t off, uint64_t end, int err)
{
	struct object *object = arg;

	requests_failed(&object->requests, off, block_ceil(end), err);
	prefetch_advance(&object->prefetch);
}

/* Says once when every block is in the store. */
static void check_whole(struct object *object)
{
	if (object->has_said_whole || !object_is_whole(object))
		return;
	object->has_said_whole = true;
	say(object, OBJECT_ALL_HERE, 0, object->blob->size, NULL);
}

/* Blocks [off, end) have come: answers the requests that are complete now. */
static void on_kept(struct object *object, uint64_t off, uint64_t end)
{
	uint64_t until;

	requests_served(&object->requests, &object->present.blocks, off, end);
	/* A kept block that is missing could not be marked: no memory. Nobody waits for what was taken or given up since. */
	while ((off = present_missing(&object->present, off, end)) < end) {
		until = block_ceil(present_hole_end(&object->present, off, end));
		on_lost(object, off, until, -ENOMEM);
		off = until;
	}
	check_whole(object);
	prefetch_advance(&object->prefetch);
}

static int on_land(void *arg, const uint8_t *bytes, uint64_t off, uint64_t len, uint64_t *took_out)
{
	struct object *object = arg;
	int err = present_land(&object->present, bytes, off, len, took_out);

	on_kept(object, off, off + *took_out);
	return err;
}

/* Moves trigger blocks to the store. Returns whether there were any in [off, end); *last_out is the last one's offset. */
static bool release_triggers(struct object *object, uint64_t off, uint64_t end, uint64_t *last_out)
{
	bool is_any = present_release(&object->present, off, end, last_out);

	check_whole(object);
	return is_any;
}

static uint64_t on_wanted_until(void *arg, uint64_t off, uint64_t end)
{
	const struct object *object = arg;

	return requests_wanted_until(&object->requests, off, end);
}

static uint64_t on_wanted_first(void *arg, uint64_t off, uint64_t end)
{
	const struct object *object = arg;

	return requests_wanted_first(&object->requests, off, end);
}

static void on_trouble(struct object *object, uint64_t off, uint64_t end, const char *why)
{
	if (object->is_in_trouble)
		return;
	object->is_in_trouble = true;
	object->trouble_ms = now_ms(object);
	say(object, OBJECT_TROUBLE, off, end, why);
}

static void on_flight_landed(struct object *object, uint64_t off, uint64_t end)
{
	object->is_store_bad = false;
	object->is_changed = false;
	if (object->blob->has_two_versions && !object->has_said_two) {
		object->has_said_two = true;
		say(object, OBJECT_TWO_VERSIONS, 0, object->blob->size, NULL);
	}
	if (!object->is_in_trouble)
		return;
	object->is_in_trouble = false;
	say(object, OBJECT_RECOVERED, off, end, NULL);
}

static void on_flight_news(void *arg, enum flight_news news, uint64_t off, uint64_t len, const char *why,
			   int err)
{
	struct object *object = arg;
	uint64_t end = off + len;

	switch (news) {
	case FLIGHT_TROUBLE:
		on_trouble(object, off, end, why);
		break;
	case FLIGHT_LIE:
		if (!known_false_has(&object->known_false, off, now_ms(object)))
			on_trouble(object, off, end, why);
		break;
	case FLIGHT_CHANGED:
		if (!object->is_changed)
			say(object, OBJECT_CHANGED, off, end, why);
		object->is_changed = true;
		break;
	case FLIGHT_UNSTORED:
		if (!object->is_store_bad)
			say(object, err == -ENOSPC ? OBJECT_STORE_FULL : OBJECT_STORE_FAILED, off, end, why);
		object->is_store_bad = true;
		break;
	case FLIGHT_FALSE:
		say(object, OBJECT_FALSE, off, end, why);
		break;
	case FLIGHT_UNPROVEN:
		say(object, OBJECT_UNPROVEN, off, end, why);
		break;
	case FLIGHT_LANDED:
		on_flight_landed(object, off, end);
		break;
	}
	object->fill.is_careful = object->is_in_trouble || object->is_store_bad;
	prefetch_advance(&object->prefetch);
}

static const struct flight_events flight_events = {.land = on_land,
						   .wanted_until = on_wanted_until,
						   .wanted_first = on_wanted_first,
						   .lost = on_lost,
						   .news = on_flight_news};

/* -- what the disk has ---------------------------------------------------------------------------------------------- */

static int on_reread(void *arg, const uint8_t *bytes, uint64_t off, uint64_t len, uint64_t *took_out)
{
	struct object *object = arg;
	int err = present_reread(&object->present, bytes, off, len, took_out);

	on_kept(object, off, off + *took_out);
	return err;
}

static int on_check(void *arg, const uint8_t *bytes, uint64_t off, uint64_t len, uint64_t *took_out)
{
	struct object *object = arg;
	int err = present_check(&object->present, bytes, off, len, took_out);

	check_whole(object);
	return err;
}

static void on_missed(void *arg, uint64_t off, uint64_t end)
{
	struct object *object = arg;

	present_unsound(&object->present, off / BLOCK_SIZE, end / BLOCK_SIZE);
	fill_missed(&object->fill, off, end);
}

static void on_wrong(void *arg, uint64_t off, uint64_t end)
{
	struct object *object = arg;

	object->table->requests.counters->wrong_blocks += (end - off) / BLOCK_SIZE;
	if (!object->has_said_wrong)
		say(object, OBJECT_STORE_WRONG, off, end, NULL);
	object->has_said_wrong = true;
	on_missed(arg, off, end);
}

static void on_reread_lost(void *arg, uint64_t off, uint64_t end, int err)
{
	on_flight_news(arg, FLIGHT_UNSTORED, off, end - off, strerror(-err), err);
	on_lost(arg, off, end, err);
}

static void on_readable(void *arg)
{
	struct object *object = arg;

	fill_from_disk(&object->fill);
}

static void on_reread_trouble(void *arg, uint64_t off, uint64_t end, const char *why)
{
	on_flight_news(arg, why ? FLIGHT_TROUBLE : FLIGHT_LANDED, off, end - off, why, 0);
}

static const struct reread_events reread_events = {.land = on_reread,
						   .check = on_check,
						   .wanted_until = on_wanted_until,
						   .missed = on_missed,
						   .wrong = on_wrong,
						   .lost = on_reread_lost,
						   .trouble = on_reread_trouble};

static void on_written(void *arg, uint64_t first, uint64_t end)
{
	struct object *object = arg;

	present_written(&object->present, first, end);
	check_whole(object);
}

/* -- what requests and the store need ------------------------------------------------------------------------------- */

static void on_timed_out(void *arg, uint64_t off, uint64_t end)
{
	say(arg, OBJECT_TIMED_OUT, off, end, NULL);
}

static unsigned on_bytes(void *arg, uint64_t off, uint64_t end, struct iovec pieces_out[REQUESTS_PIECES_MAX])
{
	struct object *object = arg;

	return present_pieces(&object->present, off, end, pieces_out, REQUESTS_PIECES_MAX);
}

void object_trim(struct object *object)
{
	struct object_table *table = object->table;

	if (table->memory && !table->trim.is_armed)
		loop_arm(table->requests.loop, &table->trim, OBJECT_TRIM_MS);
}

static void on_taken(void *arg, uint64_t off, uint64_t end)
{
	struct object *object = arg;

	present_taken(&object->present, off, end);
	object_trim(object);
}

static void on_admitted(void *arg, uint64_t off, uint64_t end)
{
	struct object *object = arg;
	struct readahead_window apart = {.kind = READAHEAD_NONE};
	uint64_t reached;
	/* They may have been set while it was parked. */
	bool is_triggered = release_triggers(object, off, end, &reached);

	if (present_has(&object->present, off, end))
		requests_served(&object->requests, &object->present.blocks, off, end);
	else
		fill_request(&object->fill, off, end, object_worth(object), &apart);
	if (is_triggered)
		fill_reached(&object->fill, reached);
	fill_ahead(&object->fill, apart);
}

/* These are answered now. Whole blocks. */
static void note(struct object *object, uint64_t off, uint64_t end, enum record_how how, uint64_t asked_ms)
{
	recorder_note(&object->recorder, off, end, how, asked_ms, now_ms(object));
	prefetch_read(&object->prefetch, off, end, how);
}

static void on_served(void *arg, uint64_t off, uint64_t end, uint64_t asked_ms)
{
	note(arg, off, end, RECORD_WAITED, asked_ms);
}

static const struct requests_events requests_events = {.timed_out = on_timed_out,
						       .admitted = on_admitted,
						       .bytes = on_bytes,
						       .served = on_served,
						       .taken = on_taken};

/* A block that a request waits for stays. */
static bool on_give_up(void *arg, uint64_t block)
{
	struct object *object = arg;
	uint64_t off = block * BLOCK_SIZE;

	if (requests_wanted_until(&object->requests, off, off + BLOCK_SIZE))
		return false;
	present_lost(&object->present, block);
	return true;
}

/* -- open and close ------------------------------------------------------------------------------------------------- */

int object_open(struct object_table *table, uint64_t id, int file, struct blob *blob, bool owns_blob,
		struct tree *tree, struct object **object_out)
{
	struct object *object = calloc(1, sizeof(*object));
	struct store store;
	int err;

	if (!object)
		return -ENOMEM;
	store = (struct store){.fd = file,
			       .memory = {.memory = table->memory, .give_up = on_give_up, .arg = object},
			       .kept = {.kept = table->kept, .id = id}};
	err = present_init(&object->present, &store, blob->size, tree);
	if (err) {
		free(object);
		return err;
	}
	object->table = table;
	object->id = id;
	object->blob = blob;
	object->owns_blob = owns_blob;
	requests_init(&object->requests, &table->requests, file, &requests_events, object);
	fill_init(&object->fill, &object->present, &object->requests,
		  table->memory ? memory_size(table->memory) : 0);
	object->fill.readahead.is_off = table->is_exact;
	flight_owner_init(&object->fill.flights, &table->flights, blob, tree, &flight_events, object);
	reread_owner_init(&object->fill.rereads, table->requests.loop, tree, &reread_events, object);
	*object_out = object;
	return 0;
}

/* The kernel's file is whole for later boots when the tree is there, too. */
static void on_tree_written(void *arg, uint64_t first, uint64_t end)
{
	(void)first;
	(void)end;
	check_whole(arg);
}

static void ask_of_tree(struct object *object, void (*written)(void *arg, uint64_t first, uint64_t end))
{
	struct disk_file *file = object->present.tree ? object->present.tree->disk.file : NULL;

	if (!file)
		return;
	file->written = written;
	file->written_arg = object;
}

void object_use_disk(struct object *object, struct disk_file *disk)
{
	if (object->present.store.fd >= 0) {
		object->present.store.of_disk = disk;
		ask_of_tree(object, disk ? on_tree_written : NULL);
		return;
	}
	object->present.store.disk = disk;
	object->fill.rereads.file = disk;
	if (!disk)
		return;
	disk->written = on_written;
	disk->written_arg = object;
	disk->readable = on_readable;
	disk->arg = object;
	fill_from_disk(&object->fill);
}

void object_close(struct object *object)
{
	if (object->present.store.disk) {
		object->present.store.disk->written = NULL;
		object->present.store.disk->readable = NULL;
	}
	if (object->present.store.of_disk)
		ask_of_tree(object, NULL);
	prefetch_end(&object->prefetch);
	fill_fini(&object->fill);
	requests_fini(&object->requests);
	present_fini(&object->present);
	recorder_fini(&object->recorder);
	if (object->owns_blob) {
		blob_fini(object->blob);
		free(object->blob);
	}
	free(object);
}

void object_give_head(struct object *object, const uint8_t *head, size_t head_len)
{
	present_give_head(&object->present, head, head_len);
}

/* -- the kernel asks ------------------------------------------------------------------------------------------------ */

/* A request whose bytes are not all here. *apart_out: as fill_request. */
static void wait_for(struct object *object, uint64_t request_id, int reader, uint64_t off, uint64_t end,
		     struct readahead_window *apart_out)
{
	int how = requests_add(&object->requests, request_id, reader, off, end);

	if (how < 0)
		requests_refuse(&object->requests, request_id, how);
	else if (how == 0)
		fill_request(&object->fill, block_floor(off), block_ceil(end), object_worth(object),
			     apart_out);
}

void object_ask(struct object *object, uint64_t request_id, int reader, uint64_t off, uint64_t len)
{
	uint64_t limit = present_limit(&object->present), end, reached;
	struct readahead_window apart = {.kind = READAHEAD_NONE};
	bool is_triggered;

	object->table->requests.counters->misses++;
	if (!object->present.is_adopted) {
		present_adopt(&object->present);
		/* If it is whole, an earlier engine has reported it. */
		object->has_said_whole |= object_is_whole(object);
		object_prefetch(object);
	}
	if (len == 0 || off >= limit) {
		requests_refuse(&object->requests, request_id, -EIO);
		return;
	}
	/* A request that reaches beyond the end gets what there is; one that starts there gets EIO. */
	end = len > limit - off ? limit : off + len;
	present_settle(&object->present, block_floor(off), block_ceil(end));
	is_triggered = release_triggers(object, block_floor(off), block_ceil(end), &reached);
	if (present_has(&object->present, block_floor(off), block_ceil(end))) {
		note(object, block_floor(off), block_ceil(end), RECORD_HERE, now_ms(object));
		requests_serve(&object->requests, request_id, off, end);
	} else {
		wait_for(object, request_id, reader, off, end, &apart);
	}
	if (is_triggered)
		fill_reached(&object->fill, reached);
	fill_ahead(&object->fill, apart);
}

bool object_interrupted(struct object *object, uint64_t request_id)
{
	return requests_interrupted(&object->requests, request_id);
}

bool object_each_interrupted(const struct object *object,
			     void (*fn)(void *arg, uint64_t request_id, int reader), void *arg)
{
	return requests_each_interrupted(&object->requests, fn, arg);
}

bool object_abandon(struct object *object, uint64_t request_id)
{
	return requests_abandon(&object->requests, request_id);
}

bool object_is_whole(const struct object *object)
{
	return present_is_whole(&object->present);
}

bool object_fetch_hole(struct object *object, uint64_t most)
{
	bool is_begun;

	if (!object->present.is_adopted || object->is_store_bad || object->is_changed ||
	    !present_can_keep(&object->present))
		return false;
	is_begun = fill_hole(&object->fill, most);
	check_whole(object);
	return is_begun;
}

void object_leave_alone(struct object *object, uint64_t room)
{
	char text[32];

	if (object->has_said_no_room)
		return;
	object->has_said_no_room = true;
	snprintf(text, sizeof(text), "%" PRIu64, room);
	say(object, OBJECT_NO_ROOM, 0, object->blob->size, text);
}

bool object_oldest(const struct object *object, uint64_t *asked_ms_out, uint64_t *off_out, uint64_t *len_out)
{
	return requests_oldest(&object->requests, asked_ms_out, off_out, len_out);
}
