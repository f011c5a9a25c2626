/* SPDX-License-Identifier: MIT */
#include "engine/interrupts.h"

#include "base/notice.h"

/* A killed reader is gone after this, at most, and what the keeper needs for an answer. */
enum { AGAIN_MS = 250 };

static void ask(void *arg, uint64_t request_id, int reader)
{
	const struct interrupts *interrupts = arg;

	/* If it cannot be sent, it is asked again. */
	(void)notice_send_interrupted(interrupts->notices, request_id, reader);
}

static void ask_all(void *arg)
{
	struct interrupts *interrupts = arg;
	struct object *object;
	bool is_any = false;

	list_for_each(object, interrupts->objects, link)
		is_any |= object_each_interrupted(object, ask, interrupts);
	if (is_any)
		loop_arm(interrupts->loop, &interrupts->timer, AGAIN_MS);
}

void interrupts_init(struct interrupts *interrupts, struct loop *loop, struct list *objects, int notices)
{
	*interrupts = (struct interrupts){.loop = loop, .objects = objects, .notices = notices};
	interrupts->timer = (struct loop_timer){.fn = ask_all, .arg = interrupts};
}

bool interrupts_add(struct interrupts *interrupts, uint64_t request_id)
{
	struct object *object;

	list_for_each(object, interrupts->objects, link) {
		if (object_interrupted(object, request_id)) {
			/* Many are interrupted at once when a service ends: they are asked for together. */
			loop_arm(interrupts->loop, &interrupts->timer, 0);
			return true;
		}
	}
	return false;
}

bool interrupts_take(struct interrupts *interrupts)
{
	struct object *object;
	uint64_t request_id;
	int got;

	while ((got = notice_receive_dying(interrupts->notices, &request_id)) > 0)
		list_for_each(object, interrupts->objects, link)
			if (object_abandon(object, request_id))
				break;
	return got < 0;
}
