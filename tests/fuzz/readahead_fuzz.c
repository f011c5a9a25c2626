/* SPDX-License-Identifier: MIT */
/*
 * Read-ahead: a window follows what set it off, in whole blocks, is earned by what was read, and is never more than
 * it may be.
 *
 * Input: operations: a byte (even: a miss; odd: a trigger is reached), and numbers of blocks.
 */
#include "fuzz.h"

#include "base/block.h"
#include "serve/readahead.h"

enum { WINDOWS_MAX = 512 };

static struct readahead_window windows[WINDOWS_MAX];
static unsigned window_count;

static void check(struct readahead_window window, uint64_t off, uint64_t read)
{
	MUST(window.len % BLOCK_SIZE == 0 && window.len <= READAHEAD_MAX, "a window of %" PRIu64, window.len);
	MUST(window.len <= read / READAHEAD_SHARE, "%" PRIu64 " after %" PRIu64 " read", window.len, read);
	MUST(window.len == 0 || window.off == off, "at %" PRIu64 " instead of %" PRIu64, window.off, off);
	MUST((window.kind == READAHEAD_NONE) == (window.len == 0) &&
		     (window.kind == READAHEAD_APART) == (window.len >= READAHEAD_TRIGGER),
	     "kind %d of %" PRIu64, (int)window.kind, window.len);
	if (window.kind == READAHEAD_APART && window_count < WINDOWS_MAX)
		windows[window_count++] = window;
}

/* Where a window may begin that is set off at a trigger: behind a window with that trigger. */
static bool is_behind(uint64_t trigger, uint64_t off)
{
	for (unsigned i = 0; i < window_count; i++)
		if (windows[i].off == trigger && windows[i].off + windows[i].len == off)
			return true;
	return false;
}

int fuzz_one(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {.at = data, .left = size};
	struct readahead readahead = {.clock = 0};
	/* A window counts as read when the next one is planned. */
	uint64_t read = 0, next = 0;

	window_count = 0;
	for (int steps = 0; input.left > 0 && steps < 400; steps++) {
		unsigned what = (unsigned)fuzz_take(&input, 1);
		struct readahead_window window;

		if (what % 2 == 0) {
			/* 4: where the last window ends, as a stream goes on. */
			uint64_t off = what & 4 ? next : fuzz_take_number(&input, 5) * BLOCK_SIZE;
			uint64_t len = (fuzz_take_number(&input, 2) + 1) * BLOCK_SIZE;

			read += len;
			window = readahead_miss(&readahead, off, len, 0);
			check(window, off + len, read);
			next = off + len + window.len;
		} else if (window_count > 0) {
			uint64_t trigger = windows[what / 2 % window_count].off;

			window = readahead_reached(&readahead, trigger);
			if (window.len > 0) {
				MUST(is_behind(trigger, window.off),
				     "a window at %" PRIu64 " after a trigger at %" PRIu64, window.off,
				     trigger);
				check(window, window.off, read);
				next = window.off + window.len;
			}
		} else {
			window = readahead_reached(&readahead, fuzz_take_number(&input, 5) * BLOCK_SIZE);
			MUST(window.kind == READAHEAD_NONE, "a trigger that nobody set");
		}
		read += window.len;
	}
	return 0;
}
