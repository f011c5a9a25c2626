/* SPDX-License-Identifier: MIT */
#include "serve/prefetch_hashes.h"

#include <stdlib.h>

static int compare(const void *one, const void *other)
{
	const struct prefetch_hashes_range *a = one, *b = other;

	return a->begin < b->begin ? -1 : a->begin > b->begin;
}

/* Neighbours become one. Returns how many are left. Shape: sorted. */
static uint32_t join(struct prefetch_hashes_range *ranges, uint32_t count)
{
	uint32_t last = 0;

	for (uint32_t i = 1; i < count; i++) {
		struct prefetch_hashes_range *to = &ranges[last];
		uint32_t end = ranges[i].end > to->end ? ranges[i].end : to->end;

		if ((uint64_t)ranges[i].begin <= (uint64_t)to->end + PREFETCH_HASHES_GAP &&
		    end - to->begin <= PREFETCH_HASHES_MOST)
			to->end = end;
		else
			ranges[++last] = ranges[i];
	}
	return last + 1;
}

/* Begins as many waits as there is room for. */
static void advance(struct prefetch_hashes *hashes)
{
	for (unsigned i = 0; i < PREFETCH_HASHES_AT_ONCE; i++) {
		struct tree_wait *wait = &hashes->waits[i].wait;

		while (!tree_is_waiting(wait) && hashes->next < hashes->count) {
			const struct prefetch_hashes_range *range = &hashes->ranges[hashes->next++];

			if (!hashes_has(&hashes->tree->hashes, range->begin, range->end))
				tree_wait_begin(hashes->tree, wait, range->begin, range->end);
		}
	}
}

/* Where they cannot be had, whoever needs one finds out himself, and says so. */
static void on_tree(void *arg, enum tree_event event, uint64_t begin, uint64_t end, const char *why)
{
	struct prefetch_hashes_wait *wait = arg;
	struct prefetch_hashes *hashes = wait->owner;

	(void)begin;
	(void)end;
	(void)why;
	if (event == TREE_CAME && !hashes_has(&hashes->tree->hashes, wait->wait.begin, wait->wait.end))
		return;
	tree_wait_end(&wait->wait);
	advance(hashes);
}

void prefetch_hashes_begin(struct prefetch_hashes *hashes, struct tree *tree, const struct profile *profile)
{
	*hashes = (struct prefetch_hashes){.tree = tree};
	if (!tree || profile->count == 0)
		return;
	hashes->ranges = calloc(profile->count, sizeof(*hashes->ranges));
	if (!hashes->ranges)
		return;
	for (uint32_t i = 0; i < profile->count; i++) {
		const struct profile_extent *extent = &profile->extents[i];

		hashes->ranges[i] = (struct prefetch_hashes_range){.begin = extent->first,
								   .end = extent->first + extent->count};
	}
	qsort(hashes->ranges, profile->count, sizeof(*hashes->ranges), compare);
	hashes->count = join(hashes->ranges, profile->count);
	for (unsigned i = 0; i < PREFETCH_HASHES_AT_ONCE; i++)
		hashes->waits[i] = (struct prefetch_hashes_wait){
			.owner = hashes, .wait = {.fn = on_tree, .arg = &hashes->waits[i]}};
	advance(hashes);
}

void prefetch_hashes_end(struct prefetch_hashes *hashes)
{
	for (unsigned i = 0; i < PREFETCH_HASHES_AT_ONCE; i++)
		tree_wait_end(&hashes->waits[i].wait);
	free(hashes->ranges);
	*hashes = (struct prefetch_hashes){.tree = NULL};
}
