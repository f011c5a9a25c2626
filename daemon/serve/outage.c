/* SPDX-License-Identifier: MIT */
#include "serve/outage.h"

void outage_note(struct outage *outage, int reader, uint64_t fetched, uint64_t now_ms)
{
	if (fetched != outage->fetched)
		*outage = (struct outage){.fetched = fetched};
	outage->readers[outage->next] = (struct outage_reader){.reader = reader, .failed_ms = now_ms};
	outage->next = (outage->next + 1) % OUTAGE_READERS;
}

bool outage_has(const struct outage *outage, int reader, uint64_t fetched, uint64_t now_ms, uint64_t limit_ms)
{
	if (reader <= 0 || fetched != outage->fetched)
		return false;
	for (unsigned i = 0; i < OUTAGE_READERS; i++)
		if (outage->readers[i].reader == reader && now_ms - outage->readers[i].failed_ms < limit_ms)
			return true;
	return false;
}
