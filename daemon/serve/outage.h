/* SPDX-License-Identifier: MIT */
/*
 * Readers that have waited in vain. One read can be many requests, one after another: EROFS looks in the file's index for
 * each page that it reads ahead. The reader must wait once for a server that is away, not once for each request.
 *
 * Flow: requests notes a request that has timed out, and asks before the same reader's next one waits. Pure.
 * Process: engine
 */
#ifndef BLOBROOT_OUTAGE_H
#define BLOBROOT_OUTAGE_H

#include <stdbool.h>
#include <stdint.h>

enum { OUTAGE_READERS = 64 };

/* Zeroed: there are none. */
struct outage {
	struct outage_reader {
		int reader; /* 0: none */
		uint64_t failed_ms;
	} readers[OUTAGE_READERS]; /* the last ones, in a ring */
	unsigned next;
	uint64_t fetched; /* bytes that had come when they failed; when more have come, they are forgotten */
};

/* A request of this reader (as in object_ask) has timed out. fetched: bytes that have come so far. */
void outage_note(struct outage *outage, int reader, uint64_t fetched, uint64_t now_ms);
/* Must the reader's next request fail at once? Not if a byte has come since it failed, and not limit_ms later. */
bool outage_has(const struct outage *outage, int reader, uint64_t fetched, uint64_t now_ms,
		uint64_t limit_ms);

#endif
