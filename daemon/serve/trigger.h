/* SPDX-License-Identifier: MIT */
/*
 * Trigger blocks: kept in memory instead of the store. A request for one shows where its reader is, and
 * starts the next window of read-ahead (readahead.h). The kernel's read-ahead has them too: PG_readahead.
 *
 * Flow: object sets them; present fills them, and moves each to the store when it is requested.
 * Process: engine
 */
#ifndef BLOBROOT_TRIGGER_H
#define BLOBROOT_TRIGGER_H

#include "base/list.h"
#include "serve/readahead.h"

#include <stdbool.h>
#include <stdint.h>

/* Per object: those of read-ahead, and one for each 128 KiB that a profile may have ahead (prefetch.h). The oldest is dropped. */
enum { TRIGGERS_MAX = READAHEAD_STREAMS + 256 };

struct trigger {
	uint64_t off;
	uint8_t *bytes; /* BLOCK_SIZE, aligned */
	bool is_here;   /* bytes holds the block, proven */
	struct list link;
};

struct triggers {
	struct list list; /* newest first */
	unsigned count;
};

void triggers_init(struct triggers *triggers);
void triggers_fini(struct triggers *triggers);

/* Best effort: without a trigger, the reader has a miss at the window's end. */
void trigger_set(struct triggers *triggers, uint64_t off);
void trigger_free(struct triggers *triggers, struct trigger *trigger);

/* The trigger with the lowest offset in [off, end), or NULL. Of two at the same offset, the newer one. */
struct trigger *trigger_find(const struct triggers *triggers, uint64_t off, uint64_t end);
/* The offset of the first block of [off, end) that a trigger holds; end if there is none. */
uint64_t trigger_find_here(const struct triggers *triggers, uint64_t off, uint64_t end);

#endif
