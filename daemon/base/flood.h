/* SPDX-License-Identifier: MIT */
/*
 * Bounds how many lines of one kind about one subject are printed: FLOOD_BURST at once, then one in FLOOD_PERIOD_MS. Those
 * left out are counted. Pure.
 *
 * Flow: log asks before each line of an engine, which may be a server's doing.
 * Process: engine
 */
#ifndef BLOBROOT_FLOOD_H
#define BLOBROOT_FLOOD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	FLOOD_BURST = 8,
	FLOOD_PERIOD_MS = 15000,
	FLOOD_ROWS = 32,
	FLOOD_LIKE_MAX = 160, /* of a line, to say what was left out */
};

/* The lines of one kind about one subject. */
struct flood_row {
	const void *kind; /* NULL: unused */
	uint32_t subject;
	unsigned spent;            /* lines of the burst, at most FLOOD_BURST */
	uint64_t at_ms;            /* when spent was last right; it decreases by one each FLOOD_PERIOD_MS */
	unsigned left_out;         /* since a line of this row was last said */
	char like[FLOOD_LIKE_MAX]; /* the first of them */
};

/* Zeroed is "nothing said yet". */
struct flood {
	struct flood_row rows[FLOOD_ROWS + 1]; /* the last one is that of all lines that find no other */
};

/*
 * May this line be printed now? Shape: kind is the same for lines of one kind; the subject is what is before the first
 * ": ". *left_out_out: how many like it were left out before; set if it may.
 */
bool flood_may_say(struct flood *flood, const void *kind, const char *line, uint64_t now_ms,
		   unsigned *left_out_out);

/*
 * A row whose left-out lines may be reported now; NULL: there is none. *is_pending_out, set with NULL: will there be one
 * later? Shape: the caller prints the report, with *left_out_out and like, before the next call.
 */
const struct flood_row *flood_take_left_out(struct flood *flood, uint64_t now_ms, unsigned *left_out_out,
					    bool *is_pending_out);

#endif
