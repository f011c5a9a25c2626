/* SPDX-License-Identifier: MIT */
/*
 * Who has waited in vain: a reader's one call can be many requests, one after the other (EROFS looks in the index for each page
 * that it reads ahead), and must not wait for each of them as long as one may.
 *
 * Flow: requests notes a request that has timed out, and asks before the same reader's next one waits. Pure.
 * Process: engine
 */
#ifndef BLOBROOT_OUTAGE_H
#define BLOBROOT_OUTAGE_H

#include <stdbool.h>
#include <stdint.h>

enum { OUTAGE_READERS = 64 };

/* Zeroed: nobody has. */
struct outage {
	struct outage_reader {
		int reader; /* 0: none */
		uint64_t failed_ms;
	} readers[OUTAGE_READERS]; /* the last ones, in a ring */
	unsigned next;
	uint64_t fetched; /* bytes that had come by then: another number ends it for all */
};

/* A request of this reader (as in object_ask) has timed out. fetched: bytes that have come so far. */
void outage_note(struct outage *outage, int reader, uint64_t fetched, uint64_t now_ms);
/* Is the reader's next request to fail at once? Not if any byte has come since, nor limit_ms after its last one. */
bool outage_has(const struct outage *outage, int reader, uint64_t fetched, uint64_t now_ms,
		uint64_t limit_ms);

#endif
