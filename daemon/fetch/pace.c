/* SPDX-License-Identifier: MIT */
#include "fetch/pace.h"

static uint32_t average(uint32_t old, uint64_t value)
{
	int64_t step = ((int64_t)value - (int64_t)old) / 4;

	/* A step that rounds to 0 would never converge. */
	return (uint32_t)(step ? (int64_t)old + step : (int64_t)value);
}

/* It rises slowly: queues that are full for a while do not make a server seem far. */
static void take_least(struct pace *pace, uint32_t first_ms)
{
	uint32_t risen = pace->least_ms + pace->least_ms / 16 + 1;

	pace->least_ms = pace->is_measured && !pace->is_first_left && risen < first_ms ? risen : first_ms;
}

void pace_take_first(struct pace *pace, uint64_t first_ms)
{
	if (first_ms > PACE_FIRST_MOST_MS)
		first_ms = PACE_FIRST_MOST_MS;
	take_least(pace, (uint32_t)first_ms);
	pace->first_ms = pace->is_measured && !pace->is_first_left ? average(pace->first_ms, first_ms)
								   : (uint32_t)first_ms;
	pace->is_measured = true;
	pace->is_first_left = false;
}

void pace_take_bytes(struct pace *pace, uint64_t bytes, uint64_t ms)
{
	uint64_t rate = bytes / (ms ? ms : 1);

	if (bytes < PACE_RATE_BYTES && ms < PACE_RATE_MS) {
		/* Too little to measure, but enough to disprove a slower rate from an earlier engine. */
		if (pace->is_rate_left && rate > pace->rate)
			pace->rate = pace->is_rate_left = 0;
		return;
	}
	if (rate == 0)
		rate = 1;
	if (rate > PACE_RATE_MOST)
		rate = PACE_RATE_MOST;
	pace->rate = pace->rate && !pace->is_rate_left ? average(pace->rate, rate) : (uint32_t)rate;
	pace->is_rate_left = false;
}

void pace_take_failure(struct pace *pace, uint64_t now_ms)
{
	if (pace->failures < PACE_FAILURES_MAX)
		pace->failures++;
	pace->failed_ms = now_ms;
}

void pace_take_success(struct pace *pace)
{
	pace->failures = 0;
	if (pace->answers < PACE_SURE)
		pace->answers++;
}

bool pace_is_failing(const struct pace *pace, uint64_t now_ms)
{
	return pace->quiet_until_ms > now_ms ||
	       (pace->failures > 0 && now_ms - pace->failed_ms < PACE_FORGIVEN_MS);
}

uint64_t pace_cost_ms(const struct pace *pace, uint64_t len, uint64_t now_ms)
{
	uint64_t cost = PACE_GRAIN_MS + len / (pace->rate ? pace->rate : PACE_RATE_UNKNOWN);

	cost += pace->is_measured ? pace->first_ms : PACE_UNKNOWN_MS;
	if (pace->failures > 0 && now_ms - pace->failed_ms < PACE_FORGIVEN_MS)
		cost += (uint64_t)pace->failures * PACE_FAILING_MS;
	if (pace->quiet_until_ms > now_ms)
		cost += pace->quiet_until_ms - now_ms + (uint64_t)PACE_FAILURES_MAX * PACE_FAILING_MS;
	return cost;
}

uint64_t pace_worth(const struct pace *pace)
{
	if (pace->answers < PACE_SURE || pace->least_ms < PACE_GRAIN_MS)
		return 0;
	return (uint64_t)pace->least_ms * pace->rate / 2;
}

uint32_t pace_patience_ms(const struct pace *pace, bool is_other)
{
	uint32_t least = is_other ? PACE_OTHER_LEAST_MS : PACE_SAME_LEAST_MS;
	uint32_t most = is_other ? PACE_OTHER_MOST_MS : PACE_SAME_MOST_MS;
	uint32_t usual = pace->is_measured ? pace->first_ms * PACE_PATIENCE : 0;

	return usual < least ? least : usual > most ? most : usual;
}

static uint32_t share(uint32_t rate, uint32_t parts, uint32_t most)
{
	return rate / parts < most ? rate / parts : most;
}

uint32_t pace_slow(const struct pace *pace, uint32_t other_rate)
{
	uint32_t slow = share(other_rate, PACE_SLOW_SHARE, PACE_SLOW_MOST);
	uint32_t crawl = share(pace->rate, PACE_CRAWL_SHARE, PACE_CRAWL_MOST);

	if (slow < crawl)
		slow = crawl;
	return slow < PACE_SLOW_LEAST ? PACE_SLOW_LEAST : slow;
}
