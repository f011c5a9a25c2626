/* SPDX-License-Identifier: MIT */
/*
 * How much to fetch for a miss: the policy that makes requests on the wire fewer than misses.
 *
 * Flow: object asks with each miss that needs a fetch; a number of bytes comes out. Pure.
 * Process: engine
 *
 * Reads that follow each other make a stream. A stream earns its read-ahead: the window is a quarter of what the
 * stream has read so far, so that a reader who stops early has cost at most a quarter more than it used, and a
 * scattered read costs exactly itself. The kernel's own read-ahead (128 KiB) is already in the misses we see.
 */
#ifndef BLOBROOT_READAHEAD_H
#define BLOBROOT_READAHEAD_H

#include <stdint.h>

enum {
	READAHEAD_STREAMS = 32,
	READAHEAD_GAP = 128 * 1024, /* a miss this little behind a stream's end still follows it */
	READAHEAD_SHARE = 4,
	READAHEAD_MAX = 8 * 1024 * 1024,
};

struct readahead_stream {
	uint64_t end;  /* where the next miss of this stream is expected */
	uint64_t read; /* bytes of the stream so far */
	uint64_t used; /* clock, for the choice of the stream to forget */
};

struct readahead {
	struct readahead_stream streams[READAHEAD_STREAMS];
	uint64_t clock;
};

/*
 * A miss of [off, off + len): returns how many bytes from off on to fetch, len or more. The caller clips the
 * answer to the blob and to what it has.
 */
uint64_t readahead_plan(struct readahead *readahead, uint64_t off, uint64_t len);

#endif
