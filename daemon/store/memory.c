/* SPDX-License-Identifier: MIT */
#include "store/memory.h"

#include "base/block.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	STEP_BLOCKS = MEMORY_STEP / BLOCK_SIZE, /* one bit each in struct step */
	SPARE_STEPS = 4,                        /* empty, and kept for reuse, at least */
};

struct slot {
	struct memory_owner *owner; /* NULL: free */
	uint64_t block;
	struct slot *next; /* in its bucket */
	struct list use;   /* in memory's list */
};

/* What is allocated at once. */
struct step {
	uint8_t *bytes; /* of STEP_BLOCKS slots; NULL: not allocated */
	uint64_t used;  /* a bit for each */
};

struct memory {
	struct slot *slots;
	struct slot **buckets;
	struct step *steps;
	uint64_t step_count, bucket_count; /* a power of two */
	uint64_t used_count;
	uint64_t first_free; /* no step before this one has a free slot */
	uint64_t spare_count,
		spare_least; /* empty steps that are allocated: now, and the fewest since memory_trim */
	struct list use;     /* the least recently used first */
};

int memory_open(struct memory **memory_out, uint64_t size)
{
	struct memory *memory = calloc(1, sizeof(*memory));

	if (!memory)
		return -ENOMEM;
	list_init(&memory->use);
	memory->step_count = size / MEMORY_STEP > 0 ? size / MEMORY_STEP : 1;
	for (memory->bucket_count = 64; memory->bucket_count < memory->step_count * STEP_BLOCKS;)
		memory->bucket_count *= 2;
	memory->steps = calloc(memory->step_count, sizeof(*memory->steps));
	memory->slots = calloc(memory->step_count * STEP_BLOCKS, sizeof(*memory->slots));
	memory->buckets = calloc(memory->bucket_count, sizeof(struct slot *));
	if (!memory->steps || !memory->slots || !memory->buckets) {
		memory_close(memory);
		return -ENOMEM;
	}
	*memory_out = memory;
	return 0;
}

void memory_close(struct memory *memory)
{
	if (!memory)
		return;
	for (uint64_t i = 0; memory->steps && i < memory->step_count; i++)
		free(memory->steps[i].bytes);
	free(memory->steps);
	free(memory->slots);
	free(memory->buckets);
	free(memory);
}

uint64_t memory_size(const struct memory *memory)
{
	return memory->step_count * MEMORY_STEP;
}

uint64_t memory_used(const struct memory *memory)
{
	return memory->used_count * BLOCK_SIZE;
}

/* Where the slot that has the block is pointed to, or the end of the chain where it would be. */
static struct slot **place_of(const struct memory *memory, const struct memory_owner *owner, uint64_t block)
{
	/* Fibonacci hashing; the owner's address has no entropy in its lowest bits. */
	uint64_t hash = (block + ((uintptr_t)owner >> 6)) * UINT64_C(0x9e3779b97f4a7c15);
	struct slot **place = &memory->buckets[(hash >> 32) & (memory->bucket_count - 1)];

	while (*place && ((*place)->owner != owner || (*place)->block != block))
		place = &(*place)->next;
	return place;
}

static uint8_t *bytes_of(const struct memory *memory, const struct slot *slot)
{
	uint64_t number = (uint64_t)(slot - memory->slots);

	return memory->steps[number / STEP_BLOCKS].bytes + number % STEP_BLOCKS * BLOCK_SIZE;
}

/* Shape: *place points to the slot. */
static void release(struct memory *memory, struct slot **place)
{
	struct slot *slot = *place;
	uint64_t number = (uint64_t)(slot - memory->slots), at = number / STEP_BLOCKS;
	struct step *step = &memory->steps[at];

	*place = slot->next;
	slot->owner = NULL;
	list_remove(&slot->use);
	memory->used_count--;
	step->used &= ~(UINT64_C(1) << number % STEP_BLOCKS);
	if (at < memory->first_free)
		memory->first_free = at;
	if (!step->used)
		memory->spare_count++;
}

bool memory_trim(struct memory *memory)
{
	uint64_t most = memory->spare_count > SPARE_STEPS ? memory->spare_count - SPARE_STEPS : 0;
	uint64_t needless = memory->spare_least < most ? memory->spare_least : most;

	for (uint64_t i = memory->step_count; needless > 0 && i-- > 0;) {
		struct step *step = &memory->steps[i];

		if (!step->bytes || step->used)
			continue;
		free(step->bytes);
		step->bytes = NULL;
		memory->spare_count--;
		needless--;
	}
	memory->spare_least = memory->spare_count;
	return memory->spare_count > SPARE_STEPS;
}

/* Has the least recently used block that is not needed given up. Those that are needed become the most recently used. */
static int make_room(struct memory *memory)
{
	for (uint64_t tries = memory->used_count; tries > 0; tries--) {
		struct slot *slot = list_first(&memory->use, struct slot, use);

		if (slot->owner->give_up(slot->owner->arg, slot->block)) {
			release(memory, place_of(memory, slot->owner, slot->block));
			return 0;
		}
		list_remove(&slot->use);
		list_append(&memory->use, &slot->use);
	}
	return -ENOSPC;
}

/* A free slot, with memory for its block. Errors: -ENOSPC, -ENOMEM. */
static int take_slot(struct memory *memory, struct slot **slot_out)
{
	struct step *step;
	unsigned bit;
	int err = 0;

	if (memory->used_count == memory->step_count * STEP_BLOCKS)
		err = make_room(memory);
	if (err)
		return err;
	while (memory->steps[memory->first_free].used == UINT64_MAX)
		memory->first_free++;
	step = &memory->steps[memory->first_free];
	if (!step->bytes)
		step->bytes = aligned_alloc(BLOCK_SIZE, MEMORY_STEP);
	else if (!step->used)
		memory->spare_count--;
	if (memory->spare_count < memory->spare_least)
		memory->spare_least = memory->spare_count;
	if (!step->bytes)
		return -ENOMEM;
	bit = (unsigned)__builtin_ctzll(~step->used);
	step->used |= UINT64_C(1) << bit;
	memory->used_count++;
	*slot_out = &memory->slots[memory->first_free * STEP_BLOCKS + bit];
	return 0;
}

int memory_keep(struct memory_owner *owner, uint64_t block, const uint8_t *bytes)
{
	struct memory *memory = owner->memory;
	struct slot **place = place_of(memory, owner, block), *slot;
	int err;

	if (*place)
		return 0;
	err = take_slot(memory, &slot);
	if (err)
		return err;
	/* Room may have been made in the same bucket. */
	place = place_of(memory, owner, block);
	*slot = (struct slot){.owner = owner, .block = block};
	*place = slot;
	list_append(&memory->use, &slot->use);
	memcpy(bytes_of(memory, slot), bytes, BLOCK_SIZE);
	return 0;
}

const uint8_t *memory_find(struct memory_owner *owner, uint64_t block)
{
	struct memory *memory = owner->memory;
	struct slot *slot = *place_of(memory, owner, block);

	if (!slot)
		return NULL;
	list_remove(&slot->use);
	list_append(&memory->use, &slot->use);
	return bytes_of(memory, slot);
}

void memory_drop(struct memory_owner *owner, uint64_t block)
{
	struct slot **place = place_of(owner->memory, owner, block);

	if (*place)
		release(owner->memory, place);
}

void memory_drop_all(struct memory_owner *owner)
{
	struct slot *slot, *next;

	list_for_each_safe(slot, next, &owner->memory->use, use)
		if (slot->owner == owner)
			memory_drop(owner, slot->block);
}
