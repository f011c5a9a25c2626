/* SPDX-License-Identifier: MIT */
/*
 * Blocks that were reported as wrong on every mirror a short while ago: repeated reads of them do not flood the console.
 *
 * Flow: news notes those it reports, and asks. Pure.
 * Process: engine
 */
#ifndef BLOBROOT_KNOWN_FALSE_H
#define BLOBROOT_KNOWN_FALSE_H

#include <stdbool.h>
#include <stdint.h>

enum {
	KNOWN_FALSE_AGAIN_MS = 10000, /* a block that stays wrong is reported once in this time .. */
	KNOWN_FALSE_MAX = 16,         /* .. if it is among the last so many; log bounds the rest */
};

/* Shape: zeroed. */
struct known_false {
	struct {
		uint64_t off, ms; /* of the last report; ms 0: none */
	} blocks[KNOWN_FALSE_MAX];
};

bool known_false_has(const struct known_false *known, uint64_t off, uint64_t now_ms);
/* It is reported now. Shape: now_ms is not 0. */
void known_false_note(struct known_false *known, uint64_t off, uint64_t now_ms);

#endif
