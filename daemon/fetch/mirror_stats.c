/* SPDX-License-Identifier: MIT */
#include "fetch/mirror_stats.h"

#include <string.h>

static uint32_t at_most(uint32_t value, uint32_t most)
{
	return value < most ? value : most;
}

static void take_up_pace(struct pace *pace, uint64_t now_ms)
{
	pace->is_measured = pace->is_first_left = pace->is_measured != 0;
	pace->first_ms = at_most(pace->first_ms, PACE_FIRST_MOST_MS);
	pace->least_ms = at_most(pace->least_ms, PACE_FIRST_MOST_MS);
	pace->rate = at_most(pace->rate, PACE_RATE_MOST);
	pace->is_rate_left = pace->rate > 0;
	pace->failures = pace->failed_ms > now_ms ? 0 : at_most(pace->failures, PACE_FAILURES_MAX);
	if (pace->quiet_until_ms > now_ms + MIRROR_STATS_QUIET_MOST_MS)
		pace->quiet_until_ms = 0;
	pace->bytes = 0;
	pace->answers = 0;
}

static void take_up_mirror(struct mirror_record *mirror, uint64_t now_ms)
{
	take_up_pace(&mirror->pace, now_ms);
	/* A stale refusal must not count when blob.c looks whether all mirrors refuse. */
	mirror->is_wrong =
		mirror->is_wrong && mirror->wrong_ms <= now_ms && now_ms - mirror->wrong_ms < MIRROR_WRONG_MS;
	if (mirror->failed_ms > now_ms)
		mirror->failed_ms = 0;
	mirror->lies = mirror->lied_ms > now_ms ? 0 : at_most(mirror->lies, MIRROR_LIES_LEFT_MAX);
}

void mirror_stats_adopt(struct mirror_stats *stats, uint64_t now_ms)
{
	if (stats->format != MIRROR_STATS_FORMAT)
		memset(stats, 0, sizeof(*stats));
	for (unsigned i = 0; i < MIRROR_COUNT_MAX; i++) {
		take_up_mirror(&stats->image.mirrors[i], now_ms);
		take_up_mirror(&stats->tree.mirrors[i], now_ms);
	}
	stats->format = MIRROR_STATS_FORMAT;
}
