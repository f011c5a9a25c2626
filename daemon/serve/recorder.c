/* SPDX-License-Identifier: MIT */
#include "serve/recorder.h"

#include "base/block.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Reads of neighbours so soon after each other are one touch. */
enum { JOINED_MS = 100 };

/* Ends it without memory for more. */
static void stop(struct recorder *recorder)
{
	recorder->record = NULL;
}

/* Marks what an earlier engine noted. Returns whether it was of this image, and makes sense. */
static bool adopt(struct recorder *recorder, const char *roothash, uint64_t blocks)
{
	const struct record *record = recorder->record;

	if (record->format != RECORD_FORMAT || record->blocks != blocks ||
	    record->count > RECORD_TOUCHES_MAX ||
	    memcmp(record->roothash, roothash, strlen(roothash) + 1) != 0)
		return false;
	for (uint32_t i = 0; i < record->count; i++) {
		const struct record_touch *touch = &record->touches[i];

		if (touch->how != RECORD_AHEAD &&
		    blockset_mark(&recorder->seen, touch->first, (uint64_t)touch->first + touch->count))
			return false;
	}
	return true;
}

void recorder_begin(struct recorder *recorder, struct record *record, const char *roothash, uint64_t blocks,
		    uint64_t now_ms)
{
	*recorder = (struct recorder){.record = record};
	if (!record || blockset_init(&recorder->seen, blocks)) {
		stop(recorder);
		return;
	}
	if (adopt(recorder, roothash, blocks))
		return;
	recorder_fini(recorder);
	recorder->record = blockset_init(&recorder->seen, blocks) ? NULL : record;
	record->format = RECORD_FORMAT;
	record->count = 0;
	record->use = (struct record_use){.touches = 0};
	record->begun_ms = now_ms;
	record->blocks = blocks;
	snprintf(record->roothash, sizeof(record->roothash), "%s", roothash);
}

void recorder_fini(struct recorder *recorder)
{
	blockset_fini(&recorder->seen);
	stop(recorder);
}

/* Does the touch go on where the last one ended? */
static bool joins(const struct record *record, const struct record_touch *touch)
{
	const struct record_touch *last = record->count ? &record->touches[record->count - 1] : NULL;

	return last && last->first + last->count == touch->first && last->how == touch->how &&
	       last->asked_ms <= touch->asked_ms && touch->asked_ms - last->asked_ms < JOINED_MS &&
	       last->count + touch->count <= RECORD_BLOCKS_MAX;
}

static void put(struct record *record, const struct record_touch *touch)
{
	struct record_touch *last;

	if (joins(record, touch)) {
		last = &record->touches[record->count - 1];
		last->count = (uint16_t)(last->count + touch->count);
		if (last->waited_ms < touch->waited_ms)
			last->waited_ms = touch->waited_ms;
	} else if (record->count < RECORD_TOUCHES_MAX) {
		record->touches[record->count++] = *touch;
	}
}

/* Shape: the blocks are no more than RECORD_BLOCKS_MAX. */
static void put_blocks(struct record *record, uint64_t first, uint64_t end, enum record_how how,
		       uint64_t asked_ms, uint64_t now_ms)
{
	uint64_t since_ms = asked_ms > record->begun_ms ? asked_ms - record->begun_ms : 0;

	put(record, &(struct record_touch){.first = (uint32_t)first,
					   .count = (uint16_t)(end - first),
					   .how = (uint16_t)how,
					   .asked_ms = (uint32_t)since_ms,
					   .waited_ms = (uint32_t)(now_ms - asked_ms)});
}

bool recorder_is_on(const struct recorder *recorder, uint64_t now_ms)
{
	return recorder->record && now_ms - recorder->record->begun_ms <= RECORD_MOST_MS;
}

void recorder_note_ahead(struct recorder *recorder, uint64_t off, uint64_t end, uint64_t now_ms)
{
	uint64_t block = off / BLOCK_SIZE, last = block_count(end), until;

	for (; recorder_is_on(recorder, now_ms) && block < last; block = until) {
		until = last - block > RECORD_BLOCKS_MAX ? block + RECORD_BLOCKS_MAX : last;
		put_blocks(recorder->record, block, until, RECORD_AHEAD, now_ms, now_ms);
	}
}

void recorder_note(struct recorder *recorder, uint64_t off, uint64_t end, enum record_how how,
		   uint64_t asked_ms, uint64_t now_ms)
{
	struct record *record = recorder->record;
	uint64_t block = off / BLOCK_SIZE, last = block_count(end), until;
	bool is_new = false;

	if (!record)
		return;
	for (; (block = blockset_next(&recorder->seen, block, last, false)) < last; block = until) {
		until = blockset_next(&recorder->seen, block, last, true);
		if (until - block > RECORD_BLOCKS_MAX)
			until = block + RECORD_BLOCKS_MAX;
		if (blockset_mark(&recorder->seen, block, until)) {
			stop(recorder);
			break;
		}
		is_new = recorder_is_on(recorder, now_ms);
		if (is_new)
			put_blocks(record, block, until, how, asked_ms, now_ms);
	}
	record->use.touches += is_new;
	record->use.waits += is_new && how == RECORD_WAITED;
}
