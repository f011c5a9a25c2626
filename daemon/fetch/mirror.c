/* SPDX-License-Identifier: MIT */
#include "fetch/mirror.h"

static bool is_refusing(const struct mirror *mirror, uint64_t now_ms)
{
	return mirror->stats->is_wrong && now_ms - mirror->stats->wrong_ms < MIRROR_WRONG_MS;
}

bool mirror_is_failing(const struct mirror *mirror, uint64_t now_ms)
{
	return is_refusing(mirror, now_ms) || pace_is_failing(mirror->pace, now_ms) ||
	       (mirror->stats->failed_ms && now_ms - mirror->stats->failed_ms < MIRROR_FAILED_MS);
}

/* Wrong blocks that still count. */
static unsigned lies_of(const struct mirror *mirror, uint64_t now_ms)
{
	uint64_t forgiven = (now_ms - mirror->stats->lied_ms) / MIRROR_LIE_MS;

	return mirror->stats->lies > forgiven ? mirror->stats->lies - (unsigned)forgiven : 0;
}

void mirror_blame(struct mirror *mirror, uint64_t now_ms)
{
	mirror->stats->lies = lies_of(mirror, now_ms);
	if (mirror->stats->lies < MIRROR_LIES_MAX)
		mirror->stats->lies++;
	mirror->stats->lied_ms = now_ms;
}

void mirror_praise(struct mirror *mirror)
{
	if (mirror->stats->lies > 0)
		mirror->stats->lies--;
}

/* If its bytes are right. The older a refusal is, the likelier it no longer holds. */
static uint64_t honest_cost(const struct mirror *mirror, uint64_t len, uint64_t now_ms)
{
	uint64_t cost = pace_cost_ms(mirror->pace, len, now_ms) + mirror->wait_ms;

	if (is_refusing(mirror, now_ms))
		cost += (MIRROR_WRONG_MS - (now_ms - mirror->stats->wrong_ms)) / 3;
	if (mirror->stats->failed_ms && now_ms - mirror->stats->failed_ms < MIRROR_FAILED_MS)
		cost += MIRROR_DOUBTED_MS;
	return cost;
}

static uint64_t cost_with_lies(const struct mirror *mirrors, unsigned count, const uint64_t *honest,
			       unsigned i, uint64_t now_ms)
{
	uint64_t elsewhere = UINT64_MAX;

	for (unsigned k = 0; k < count; k++)
		if (k != i && honest[k] < elsewhere)
			elsewhere = honest[k];
	if (elsewhere == UINT64_MAX)
		return honest[i];
	return honest[i] + elsewhere - (elsewhere >> lies_of(&mirrors[i], now_ms));
}

unsigned mirror_pick(const struct mirror *mirrors, unsigned count, unsigned current, uint64_t len,
		     uint32_t avoid, uint32_t doubt, uint64_t now_ms)
{
	uint64_t honest[MIRROR_COUNT_MAX] = {0}, best_cost = UINT64_MAX;
	bool is_well = !mirror_is_failing(&mirrors[current], now_ms) && !lies_of(&mirrors[current], now_ms);
	unsigned best = current;

	if (len < MIRROR_LEN_LEAST)
		len = MIRROR_LEN_LEAST;
	for (unsigned i = 0; i < count; i++)
		honest[i] = honest_cost(&mirrors[i], len, now_ms);
	for (unsigned k = 0; k < count; k++) {
		unsigned i = (current + k) % count;
		uint64_t cost = cost_with_lies(mirrors, count, honest, i, now_ms) +
				(avoid >> i & 1 ? MIRROR_AVOIDED_MS : 0) +
				(doubt >> i & 1 ? MIRROR_DOUBTED_MS : 0);

		if (k == 0 && is_well)
			cost = cost * 2 / 3;
		if (cost < best_cost) {
			best = i;
			best_cost = cost;
		}
	}
	return best;
}
