/* SPDX-License-Identifier: MIT */
#include "serve/prefetch_run.h"

#include <stdlib.h>

static int compare(const void *one, const void *other)
{
	const struct prefetch_run *a = one, *b = other;

	return a->first < b->first ? -1 : a->first > b->first;
}

void prefetch_run_sort(struct prefetch_run *runs, unsigned count)
{
	qsort(runs, count, sizeof(*runs), compare);
}

unsigned prefetch_run_join(struct prefetch_run *runs, unsigned count, uint64_t gap, uint64_t most)
{
	unsigned last = 0;

	for (unsigned i = 1; i < count; i++) {
		if (runs[i].first <= runs[last].end + gap && runs[i].end - runs[last].first <= most)
			runs[last].end = runs[i].end > runs[last].end ? runs[i].end : runs[last].end;
		else
			runs[++last] = runs[i];
	}
	return count ? last + 1 : 0;
}
