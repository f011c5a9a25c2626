/* SPDX-License-Identifier: MIT */
#include "store/kept.h"

#include "base/block.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14 */
#endif

/* Of the region's form. Another one has another number. */
#define FORM UINT64_C(0x3162746f6f72424b)

enum {
	STEP_BLOCKS = 64, /* memory is taken for so many at once */
	PAGE_BLOCKS = 1024,
	/* More is never asked for, and slots fit 32 bits. */
	SLOTS_MAX = INT32_MAX,
};

/* What a slot of the region has. */
struct entry {
	_Atomic uint64_t tag; /* the owner's ID + 1; 0: nothing */
	uint64_t block;
};

/* The region: this, the entries, and from the next whole block on the slots. */
struct head {
	_Atomic uint64_t form; /* 0: nothing was ever put */
	_Atomic uint64_t end;  /* no slot from this one on has anything */
};

struct kept {
	struct head *head;
	struct entry *entries;
	uint8_t *slots;
	uint32_t slot_count;
	uint32_t free;  /* no slot before this one is free */
	uint32_t ready; /* the step whose memory is there; UINT32_MAX: none */
};

static uint64_t head_size(uint64_t slots)
{
	return block_ceil(sizeof(struct head) + slots * sizeof(struct entry));
}

/* How many slots a region of this size has. */
static uint64_t slots_in(uint64_t size)
{
	uint64_t slots = size / (BLOCK_SIZE + sizeof(struct entry));

	if (slots > SLOTS_MAX)
		slots = SLOTS_MAX;
	while (slots > 0 && head_size(slots) + slots * BLOCK_SIZE > size)
		slots--;
	return slots;
}

/*
 * Takes memory for [from, from + size) of the region: a write that finds none would end the process (SIGBUS). Returns false
 * if there is none.
 */
static bool populate(void *from, size_t size)
{
	uintptr_t start = block_floor((uintptr_t)from), end = block_ceil((uintptr_t)from + size);

	return madvise((void *)start, end - start, MADV_POPULATE_WRITE) == 0;
}

int kept_open(struct kept **kept_out, void *region, uint64_t size)
{
	uint64_t slots = slots_in(size);
	struct head *head = region;
	struct kept *kept;

	if (slots == 0)
		return -EINVAL;
	kept = calloc(1, sizeof(*kept));
	if (!kept)
		return -ENOMEM;
	*kept = (struct kept){.head = head,
			      .entries = (struct entry *)(head + 1),
			      .slots = (uint8_t *)region + head_size(slots),
			      .slot_count = (uint32_t)slots,
			      .ready = UINT32_MAX};
	if (!populate(head, sizeof(*head))) {
		free(kept);
		return -ENOMEM;
	}
	if (head->form != FORM || head->end > slots) {
		head->end = 0;
		head->form = FORM;
	}
	*kept_out = kept;
	return 0;
}

void kept_close(struct kept *kept)
{
	free(kept);
}

uint64_t kept_size(const struct kept *kept)
{
	return kept ? (uint64_t)kept->slot_count * BLOCK_SIZE : 0;
}

int kept_owner_init(struct kept_owner *owner, struct kept *kept, uint64_t id, uint64_t block_count)
{
	*owner = (struct kept_owner){.kept = kept,
				     .id = id,
				     .page_count = (block_count + PAGE_BLOCKS - 1) / PAGE_BLOCKS,
				     .block_count = block_count};
	if (!kept)
		return 0;
	owner->pages = calloc(owner->page_count + 1, sizeof(*owner->pages));
	return owner->pages ? 0 : -ENOMEM;
}

void kept_owner_fini(struct kept_owner *owner)
{
	for (uint64_t i = 0; owner->pages && i < owner->page_count; i++)
		free(owner->pages[i]);
	free(owner->pages);
	owner->pages = NULL;
}

/* Where the number of the block's slot is; NULL: nowhere yet. */
static uint32_t *number_of(const struct kept_owner *owner, uint64_t block)
{
	uint32_t *page =
		owner->pages && block < owner->block_count ? owner->pages[block / PAGE_BLOCKS] : NULL;

	return page ? &page[block % PAGE_BLOCKS] : NULL;
}

/* The same, and makes it. NULL: no memory. */
static uint32_t *number_for(struct kept_owner *owner, uint64_t block)
{
	uint32_t **page = &owner->pages[block / PAGE_BLOCKS];

	if (!*page)
		*page = calloc(PAGE_BLOCKS, sizeof(**page));
	return *page ? &(*page)[block % PAGE_BLOCKS] : NULL;
}

static void empty(struct kept *kept, uint32_t slot)
{
	kept->entries[slot].tag = 0;
	if (slot < kept->free)
		kept->free = slot;
}

void kept_adopt(struct kept_owner *owner, void (*claim)(void *arg, uint64_t block), void *arg)
{
	struct kept *kept = owner->kept;
	uint64_t end = kept ? kept->head->end : 0;

	for (uint32_t slot = 0; slot < end; slot++) {
		struct entry *entry = &kept->entries[slot];
		uint64_t block = entry->block;
		uint32_t *number;

		if (entry->tag != owner->id + 1)
			continue;
		number = block < owner->block_count ? number_for(owner, block) : NULL;
		if (!number || *number) {
			empty(kept, slot);
			continue;
		}
		*number = slot + 1;
		owner->count++;
		claim(arg, block);
	}
}

/* Takes memory for the slot, those beside it, and their entries. Returns false if there is none. */
static bool make_ready(struct kept *kept, uint32_t slot)
{
	uint32_t step = slot / STEP_BLOCKS, first = step * STEP_BLOCKS, blocks = kept->slot_count - first;

	if (step == kept->ready)
		return true;
	if (blocks > STEP_BLOCKS)
		blocks = STEP_BLOCKS;
	if (!populate(&kept->entries[first], blocks * sizeof(struct entry)) ||
	    !populate(kept->slots + (uint64_t)first * BLOCK_SIZE, (size_t)blocks * BLOCK_SIZE))
		return false;
	kept->ready = step;
	return true;
}

/* A slot that is free, with memory; slot_count: there is none. */
static uint32_t take_slot(struct kept *kept)
{
	while (kept->free < kept->head->end && kept->entries[kept->free].tag)
		kept->free++;
	if (kept->free == kept->slot_count || !make_ready(kept, kept->free))
		return kept->slot_count;
	/* From the end on there may be what another version of the program left. */
	if (kept->free == kept->head->end) {
		kept->entries[kept->free].tag = 0;
		kept->head->end++;
	}
	return kept->free;
}

int kept_put(struct kept_owner *owner, uint64_t block, const uint8_t *bytes)
{
	struct kept *kept = owner->kept;
	uint32_t *number, slot;

	kept_drop(owner, block);
	if (!kept || block >= owner->block_count)
		return -ENOSPC;
	number = number_for(owner, block);
	slot = number ? take_slot(kept) : kept->slot_count;
	if (slot == kept->slot_count)
		return -ENOSPC;
	/* The tag comes last: the engine may be killed at any time, and without a hash tree nothing else tells a torn block. */
	memcpy(kept->slots + (uint64_t)slot * BLOCK_SIZE, bytes, BLOCK_SIZE);
	kept->entries[slot].block = block;
	kept->entries[slot].tag = owner->id + 1;
	*number = slot + 1;
	owner->count++;
	return 0;
}

const uint8_t *kept_find(const struct kept_owner *owner, uint64_t block)
{
	const uint32_t *number = number_of(owner, block);

	return number && *number ? owner->kept->slots + (uint64_t)(*number - 1) * BLOCK_SIZE : NULL;
}

void kept_drop(struct kept_owner *owner, uint64_t block)
{
	uint32_t *number = number_of(owner, block);

	if (!number || !*number)
		return;
	empty(owner->kept, *number - 1);
	*number = 0;
	owner->count--;
}
