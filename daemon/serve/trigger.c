/* SPDX-License-Identifier: MIT */
#include "serve/trigger.h"

#include "base/block.h"

#include <stdlib.h>

void triggers_init(struct triggers *triggers)
{
	list_init(&triggers->list);
	triggers->count = 0;
}

void trigger_free(struct triggers *triggers, struct trigger *trigger)
{
	list_remove(&trigger->link);
	triggers->count--;
	free(trigger->bytes);
	free(trigger);
}

void triggers_fini(struct triggers *triggers)
{
	struct trigger *trigger;

	while ((trigger = list_first(&triggers->list, struct trigger, link)))
		trigger_free(triggers, trigger);
}

void trigger_set(struct triggers *triggers, uint64_t off)
{
	struct trigger *trigger;

	if (triggers->count == TRIGGERS_MAX)
		trigger_free(triggers, list_entry(triggers->list.prev, struct trigger, link));
	trigger = calloc(1, sizeof(*trigger));
	if (trigger)
		trigger->bytes = aligned_alloc(BLOCK_SIZE, BLOCK_SIZE);
	if (!trigger || !trigger->bytes) {
		free(trigger);
		return;
	}
	trigger->off = off;
	list_prepend(&triggers->list, &trigger->link);
	triggers->count++;
}

struct trigger *trigger_find(const struct triggers *triggers, uint64_t off, uint64_t end)
{
	struct trigger *trigger, *first = NULL;

	list_for_each(trigger, &triggers->list, link)
		if (trigger->off >= off && trigger->off < end && (!first || trigger->off < first->off))
			first = trigger;
	return first;
}

uint64_t trigger_find_here(const struct triggers *triggers, uint64_t off, uint64_t end)
{
	struct trigger *trigger;

	list_for_each(trigger, &triggers->list, link)
		if (trigger->is_here && trigger->off >= off && trigger->off < end)
			end = trigger->off;
	return end;
}
