/* SPDX-License-Identifier: MIT */
#include "serve/prefetch_hashes.h"

#include <string.h>

/* Begins the next wait, unless one is under way. */
static void advance(struct prefetch_hashes *hashes)
{
	while (!tree_is_waiting(&hashes->wait) && hashes->next < hashes->count) {
		const struct prefetch_run *range = &hashes->ranges[hashes->next++];

		if (!hashes_has(&hashes->tree->hashes, range->first, range->end))
			tree_wait_begin(hashes->tree, &hashes->wait, range->first, range->end);
	}
}

/* Where they cannot be had, whoever needs one finds out himself, and says so: until the next batch it does nothing. */
static void on_tree(void *arg, enum tree_event event, uint64_t begin, uint64_t end, const char *why)
{
	struct prefetch_hashes *hashes = arg;

	(void)begin;
	(void)end;
	(void)why;
	if (event == TREE_CAME && !hashes_has(&hashes->tree->hashes, hashes->wait.begin, hashes->wait.end))
		return;
	tree_wait_end(&hashes->wait);
	if (event != TREE_CAME)
		hashes->next = hashes->count;
	advance(hashes);
}

void prefetch_hashes_init(struct prefetch_hashes *hashes, struct tree *tree)
{
	*hashes = (struct prefetch_hashes){.tree = tree, .wait = {.fn = on_tree, .arg = hashes}};
}

void prefetch_hashes_fini(struct prefetch_hashes *hashes)
{
	tree_wait_end(&hashes->wait);
	hashes->next = hashes->count = 0;
}

void prefetch_hashes_want(struct prefetch_hashes *hashes, const struct prefetch_run *runs, unsigned count)
{
	if (!hashes->tree)
		return;
	memcpy(hashes->ranges, runs, count * sizeof(*runs));
	count = prefetch_run_join(hashes->ranges, count, PREFETCH_HASHES_GAP, PREFETCH_HASHES_MOST);
	hashes->count = count < PREFETCH_HASHES_RANGES ? count : PREFETCH_HASHES_RANGES;
	hashes->next = 0;
	advance(hashes);
}
