/* SPDX-License-Identifier: MIT */
#include "serve/object.h"

#include "base/block.h"

#include <inttypes.h>
#include <stdio.h>

/* The boot is over, or reads other things: no later engine begins with it again. */
static void on_over(void *arg)
{
	struct object *object = arg;
	struct record_use *use = object->prefetch.job.use;
	char text[128];

	use->profile = RECORD_OVER;
	object->profile = NULL;
	prefetch_end(&object->prefetch);
	object_trim(object);
	snprintf(text, sizeof(text),
		 "%" PRIu64 " of %" PRIu64 " bytes were read, %" PRIu64 " of them by readers who had to wait",
		 use->used_blocks * BLOCK_SIZE, use->ahead_blocks * BLOCK_SIZE,
		 use->late_blocks * BLOCK_SIZE);
	object->table->news(object, OBJECT_PREFETCHED, 0, object->blob->size, text);
}

void object_use_profile(struct object *object, const struct profile *profile)
{
	prefetch_end(&object->prefetch);
	object->profile = profile;
	object_prefetch(object);
}

void object_prefetch(struct object *object)
{
	struct object_table *table = object->table;
	struct record *record = object->recorder.record;

	if (!object->profile || !record || record->use.profile == RECORD_OVER || !object->present.is_adopted)
		return;
	if (record->use.profile != RECORD_RESUMED)
		record->use.profile = RECORD_PROFILE;
	prefetch_begin(&object->prefetch,
		       &(struct prefetch_job){.loop = table->requests.loop,
					      .fill = &object->fill,
					      .recorder = &object->recorder,
					      .profile = object->profile,
					      .use = &record->use,
					      .is_blind = object->present.store.fd >= 0,
					      .room = table->memory ? memory_size(table->memory) : 0,
					      .over = on_over,
					      .arg = object});
}

/* In memory, what nobody reads must not take the room of what somebody does. */
static bool has_room(const struct memory *memory)
{
	return !memory || memory_used(memory) < memory_size(memory) / 2;
}

uint64_t object_worth(const struct object *object)
{
	const struct object_table *table = object->table;

	/* Not after a profile either, which knew better. */
	if (object->fill.is_careful ||
	    !recorder_is_on(&object->recorder, loop_now_ms(table->requests.loop)) ||
	    object->recorder.record->use.profile != RECORD_NO_PROFILE || !has_room(table->memory))
		return 0;
	return blob_worth(object->blob);
}
