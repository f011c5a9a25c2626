/* SPDX-License-Identifier: MIT */
/*
 * Requests whose readers got a signal: a reader that is being killed must not wait for the network, but any other must not
 * get an error, because its reader may be a page fault. Only the keeper can see which it is.
 *
 * Flow: the transport's `interrupted` -> interrupts_add -> NOTICE_INTERRUPTED -> the keeper -> interrupts_take -> the
 * request is answered with EINTR. As nobody tells when a later signal does kill it, the keeper is asked again and again.
 * Process: engine
 */
#ifndef BLOBROOT_INTERRUPTS_H
#define BLOBROOT_INTERRUPTS_H

#include "serve/object.h"

struct interrupts {
	struct loop *loop;
	struct list *objects; /* the engine's */
	int notices;
	struct loop_timer timer;
};

void interrupts_init(struct interrupts *interrupts, struct loop *loop, struct list *objects, int notices);

/* Returns false if no object has a request of this ID. */
bool interrupts_add(struct interrupts *interrupts, uint64_t request_id);

/* Takes what the keeper says; returns false if it is gone. */
bool interrupts_take(struct interrupts *interrupts);

#endif
