/* SPDX-License-Identifier: MIT */
#include "serve/objects.h"

#include <stddef.h>

void objects_init(struct objects *objects)
{
	list_init(&objects->list);
	objects->count = 0;
}

void objects_add(struct objects *objects, struct object *object)
{
	list_prepend(&objects->list, &object->link);
	objects->count++;
}

struct object *objects_find(const struct objects *objects, uint64_t id)
{
	struct object *object;

	list_for_each(object, &objects->list, link)
		if (object->id == id)
			return object;
	return NULL;
}

void objects_drop(struct objects *objects, uint64_t id)
{
	struct object *object = objects_find(objects, id);

	if (!object)
		return;
	list_remove(&object->link);
	objects->count--;
	object_close(object);
}
