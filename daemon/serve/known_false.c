/* SPDX-License-Identifier: MIT */
#include "serve/known_false.h"

bool known_false_has(const struct known_false *known, uint64_t off, uint64_t now_ms)
{
	for (unsigned i = 0; i < KNOWN_FALSE_MAX; i++)
		if (known->blocks[i].ms && known->blocks[i].off == off)
			return now_ms - known->blocks[i].ms < KNOWN_FALSE_AGAIN_MS;
	return false;
}

void known_false_note(struct known_false *known, uint64_t off, uint64_t now_ms)
{
	unsigned at = 0;

	/* In its own place, or in that of the oldest. */
	for (unsigned i = 0; i < KNOWN_FALSE_MAX; i++) {
		if (known->blocks[i].ms < known->blocks[at].ms)
			at = i;
		if (known->blocks[i].ms && known->blocks[i].off == off) {
			at = i;
			break;
		}
	}
	known->blocks[at].off = off;
	known->blocks[at].ms = now_ms;
}
