/* SPDX-License-Identifier: MIT */
/*
 * Trigger blocks: kept in memory and not in the store, so that the request for one shows where its reader is, and sets
 * off the next window of read-ahead (readahead.h). The kernel's read-ahead has them, too: PG_readahead.
 *
 * Flow: object sets them and gives them out.
 * Process: engine
 */
#ifndef BLOBROOT_TRIGGER_H
#define BLOBROOT_TRIGGER_H

#include "base/list.h"
#include "serve/readahead.h"

#include <stdbool.h>
#include <stdint.h>

enum { TRIGGERS_MAX = READAHEAD_STREAMS }; /* of an object; the oldest goes */

struct trigger {
	uint64_t off;
	uint8_t *bytes; /* BLOCK_SIZE, aligned */
	bool is_here;   /* bytes is the block, and proven */
	struct list link;
};

struct triggers {
	struct list list; /* the newest first */
	unsigned count;
};

void triggers_init(struct triggers *triggers);
void triggers_fini(struct triggers *triggers);

/* Best effort: without a trigger the reader meets a miss at the window's end. */
void trigger_set(struct triggers *triggers, uint64_t off);
void trigger_free(struct triggers *triggers, struct trigger *trigger);

/* The first one in [off, end), or NULL; of two at the same place the newer one. */
struct trigger *trigger_find(const struct triggers *triggers, uint64_t off, uint64_t end);
/* The first block of [off, end) whose bytes are here; end if none are. */
uint64_t trigger_find_here(const struct triggers *triggers, uint64_t off, uint64_t end);

#endif
