/* SPDX-License-Identifier: MIT */
/*
 * The objects that the kernel has open.
 *
 * Flow: the engine adds one when it is opened, finds it at each request, and drops it when the kernel closes it.
 * Process: engine
 */
#ifndef BLOBROOT_OBJECTS_H
#define BLOBROOT_OBJECTS_H

#include "serve/object.h"

struct objects {
	struct list list;
	unsigned count;
};

void objects_init(struct objects *objects);

/* Owns: the object, until objects_drop. */
void objects_add(struct objects *objects, struct object *object);

/* NULL: none has this ID. */
struct object *objects_find(const struct objects *objects, uint64_t id);

/* Closes it, if it is there. */
void objects_drop(struct objects *objects, uint64_t id);

#endif
