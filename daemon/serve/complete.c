/* SPDX-License-Identifier: MIT */
#include "serve/complete.h"

#include "base/block.h"
#include "base/counters.h"

#include <stddef.h>

uint64_t complete_step(uint64_t rate, uint64_t *pause_ms_out)
{
	uint64_t step = block_floor(rate / COMPLETE_STEPS_A_SECOND);

	if (step < COMPLETE_STEP_LEAST)
		step = COMPLETE_STEP_LEAST;
	if (step > COMPLETE_STEP_MOST)
		step = COMPLETE_STEP_MOST;
	*pause_ms_out = (step * 1000 + rate - 1) / rate;
	return step;
}

static bool is_idle(const struct complete *complete)
{
	const struct object_table *table = complete->table;
	const struct object *object;

	list_for_each(object, complete->objects, link)
		if (!list_is_empty(&object->fill.rereads.reads))
			return false;
	return table->requests.count == 0 && table->flights.on_wire == 0 &&
	       table->requests.counters->misses == complete->misses;
}

/* Do all open objects fit into the store completely? If not, reports it, once for each object. */
static bool has_room(const struct complete *complete)
{
	struct object *object;
	uint64_t size = 0;

	list_for_each(object, complete->objects, link)
		size += present_limit(&object->present);
	if (size <= complete->room)
		return true;
	list_for_each(object, complete->objects, link)
		object_leave_alone(object, complete->room);
	return false;
}

static void step(void *arg)
{
	struct complete *complete = arg;
	uint64_t pause_ms, most = complete_step(complete->rate, &pause_ms);
	bool is_missing = false, is_begun = false, is_unasked = false;
	struct object *object;

	if (is_idle(complete) && has_room(complete)) {
		list_for_each(object, complete->objects, link) {
			is_begun = object_fetch_hole(object, most);
			is_unasked |= !object->present.is_adopted;
			is_missing |= object->present.is_adopted && !object_is_whole(object);
			if (is_begun)
				break;
		}
		/* The kernel will ask once it has mounted the image. That is no round. */
		if (!is_begun && is_unasked && pause_ms < COMPLETE_UNASKED_MS)
			pause_ms = COMPLETE_UNASKED_MS;
		/* Nothing is left to start in this round, but blocks are missing: the next round. */
		if (!is_begun && is_missing) {
			list_for_each(object, complete->objects, link)
				object->fill.next_blk = 0;
			pause_ms = COMPLETE_ROUND_MS;
		}
	}
	complete->misses = complete->table->requests.counters->misses;
	loop_arm(complete->table->requests.loop, &complete->timer, pause_ms);
}

void complete_begin(struct complete *complete, struct object_table *table, const struct list *objects,
		    uint64_t rate, uint64_t room)
{
	uint64_t pause_ms;

	*complete = (struct complete){.table = table, .objects = objects, .rate = rate, .room = room};
	complete->timer = (struct loop_timer){.fn = step, .arg = complete};
	if (!rate)
		return;
	(void)complete_step(rate, &pause_ms);
	loop_arm(table->requests.loop, &complete->timer, pause_ms);
}

void complete_end(struct complete *complete)
{
	loop_disarm(complete->table->requests.loop, &complete->timer);
}
