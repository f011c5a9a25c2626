/* SPDX-License-Identifier: MIT */
#include "base/flood.h"

#include <stdio.h>
#include <string.h>

/* FNV-1a: subjects are ours, not a server's. */
static uint32_t subject_of(const char *line)
{
	const char *end = strstr(line, ": ");
	size_t len = end ? (size_t)(end - line) : strlen(line);
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)line[i]) * 16777619u;
	return hash;
}

static void refill(struct flood_row *row, uint64_t now_ms)
{
	uint64_t periods = (now_ms - row->at_ms) / FLOOD_PERIOD_MS;

	if (periods >= row->spent) {
		row->spent = 0;
		row->at_ms = now_ms;
	} else {
		row->spent -= (unsigned)periods;
		row->at_ms += periods * FLOOD_PERIOD_MS;
	}
}

static struct flood_row *find(struct flood *flood, const void *kind, uint32_t subject, uint64_t now_ms)
{
	struct flood_row *unused = NULL, *rest = &flood->rows[FLOOD_ROWS];

	refill(rest, now_ms);
	for (unsigned i = 0; i < FLOOD_ROWS; i++) {
		struct flood_row *row = &flood->rows[i];

		refill(row, now_ms);
		if (row->kind == kind && row->subject == subject)
			return row;
		if (!unused && row->spent == 0 && row->left_out == 0)
			unused = row;
	}
	if (!unused)
		return rest;
	*unused = (struct flood_row){.kind = kind, .subject = subject, .at_ms = now_ms};
	return unused;
}

bool flood_may_say(struct flood *flood, const void *kind, const char *line, uint64_t now_ms,
		   unsigned *left_out_out)
{
	struct flood_row *row = find(flood, kind, subject_of(line), now_ms);

	if (row->spent == FLOOD_BURST) {
		if (row->left_out++ == 0)
			snprintf(row->like, sizeof(row->like), "%s", line);
		return false;
	}
	row->spent++;
	*left_out_out = row->left_out;
	row->left_out = 0;
	return true;
}

const struct flood_row *flood_take_left_out(struct flood *flood, uint64_t now_ms, unsigned *left_out_out,
					    bool *is_pending_out)
{
	*is_pending_out = false;
	for (unsigned i = 0; i <= FLOOD_ROWS; i++) {
		struct flood_row *row = &flood->rows[i];

		refill(row, now_ms);
		if (row->left_out == 0)
			continue;
		if (row->spent < FLOOD_BURST) {
			row->spent++;
			*left_out_out = row->left_out;
			row->left_out = 0;
			return row;
		}
		*is_pending_out = true;
	}
	return NULL;
}
