/* SPDX-License-Identifier: MIT */
/*
 * How much to fetch for a miss: the policy that makes requests on the wire fewer than misses.
 *
 * Flow: object asks with each miss that needs a fetch; an extent to fetch ahead comes out. Pure.
 * Process: engine
 *
 * Reads that follow each other make a stream. A stream earns its read-ahead: the window is an eighth of what
 * the stream has read so far, and at most two windows are ahead of the reader, so that one who stops early
 * has cost little more than a quarter on top of what it used, and a scattered read costs exactly itself. The
 * kernel's own read-ahead (128 KiB) is already in the misses we see.
 *
 * A block that is here raises no request, so a reader inside the window would be out of sight until it falls off the
 * window's end, and then wait a round trip. Therefore a window of some size has a trigger (trigger.h): its first block,
 * which the object keeps in memory instead of the store. The request for it tells where the reader is, costs no fetch,
 * and sets off the next window while this one is still being read.
 *
 * A miss inside the newest window means that the window, or its rest, was lost on its way: the stream goes on there.
 */
#ifndef BLOBROOT_READAHEAD_H
#define BLOBROOT_READAHEAD_H

#include <stdbool.h>
#include <stdint.h>

enum {
	READAHEAD_STREAMS = 32,
	/*
	 * A miss that skips no more than this share of its length still follows the stream. A reader who skips more
	 * has no use for what lies between, and must not earn read-ahead by it.
	 */
	READAHEAD_GAP_SHARE = 4,
	READAHEAD_SHARE = 8,
	READAHEAD_TRIGGER = 256 * 1024, /* windows from this size on have a trigger */
	READAHEAD_MAX = 8 * 1024 * 1024,
};

/* What to fetch beyond a miss. */
enum readahead_kind {
	READAHEAD_NONE,
	READAHEAD_JOINED, /* together with the miss: one transfer for both */
	READAHEAD_APART,  /* by itself, and the window's first block is a trigger */
};

struct readahead_window {
	enum readahead_kind kind;
	uint64_t off, len; /* it follows the miss; len is 0 for READAHEAD_NONE only */
};

struct readahead_stream {
	uint64_t end; /* where what was planned so far ends: the next miss of this stream is expected there */
	uint64_t window;  /* length of the newest window, which ends there */
	uint64_t read;    /* bytes of the stream so far, that window's included */
	bool has_trigger; /* at the newest window's begin */
	uint64_t used;    /* clock, for the choice of the stream to forget; 0: never used */
};

struct readahead {
	struct readahead_stream streams[READAHEAD_STREAMS];
	uint64_t clock;
};

/* A miss of whole blocks, [off, off + len). The caller clips the window to the blob and to what it has. */
struct readahead_window readahead_miss(struct readahead *readahead, uint64_t off, uint64_t len);

/* The reader has come to the trigger at off: the next window, if the trigger's stream is still known. */
struct readahead_window readahead_reached(struct readahead *readahead, uint64_t off);

#endif
