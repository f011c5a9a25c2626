/* SPDX-License-Identifier: MIT */
/*
 * How much to fetch for a miss: the read-ahead policy. It makes HTTP requests fewer than misses.
 *
 * Flow: object asks on each miss that needs a fetch, and gets the window to fetch ahead. Pure.
 * Process: engine
 *
 * Sequential reads form a stream. Its read-ahead window is an eighth of what it has read so far, and at most
 * two windows are ahead of the reader. So a reader that stops early has cost little more than a quarter on
 * top of what it used, and a random read costs no extra bytes, but for what follows. EROFS's own read-ahead (128 KiB) is
 * already in the misses we see.
 *
 * While a host boots from a server that is far away, all this is not enough: most misses are small and scattered, and each waits
 * for a round trip in which more could come. Boots read many files that lie beside each other. So the window of a miss has at least the
 * bytes that come in half of that time (pace_worth), until READAHEAD_WORTH_TOTAL is spent.
 *
 * A stored block causes no request. A reader inside the window would be invisible until the window's end, and
 * then wait a round trip. Therefore a window of some size has a trigger (trigger.h): its first block, which
 * the object keeps in memory instead of the store. The request for it shows where the reader is, needs no
 * fetch, and starts the next window while this one is still being read.
 *
 * Where what is ahead lies in memory of a limited size, the streams share it: a window that is given up before its reader comes
 * is fetched twice.
 *
 * A miss inside the newest window means that fetching all or the rest of it failed: the stream goes on there.
 */
#ifndef BLOBROOT_READAHEAD_H
#define BLOBROOT_READAHEAD_H

#include <stdbool.h>
#include <stdint.h>

enum {
	READAHEAD_STREAMS = 32,
	/*
	 * A miss belongs to a stream if it skips at most this share of its own length. A reader that skips
	 * more has no use for the data between, and must not earn read-ahead by it.
	 */
	READAHEAD_GAP_SHARE = 4,
	READAHEAD_SHARE = 8,
	READAHEAD_TRIGGER = 256 * 1024, /* windows from this size on have a trigger */
	READAHEAD_MAX = 8 * 1024 * 1024,
	READAHEAD_WORTH_MAX =
		128 * 1024, /* the least window of a miss, where a round trip is worth so much .. */
	READAHEAD_WORTH_TOTAL = 32 * 1024 * 1024, /* .. and what all of them may have added, per engine */
	READAHEAD_LIVE =
		64, /* so many windows and misses later, a stream's windows are not counted any more .. */
	READAHEAD_LIVE_LEAST = 4, /* .. and room is left for so many streams */
};

/* What to fetch beyond a miss. */
enum readahead_kind {
	READAHEAD_NONE,
	READAHEAD_JOINED, /* with the miss: one transfer for both */
	READAHEAD_APART,  /* in its own transfer; the window's first block is a trigger */
};

struct readahead_window {
	enum readahead_kind kind;
	uint64_t off, len; /* follows the miss, or the window of the trigger; len 0: READAHEAD_NONE */
};

struct readahead_stream {
	uint64_t end;     /* the end of what is planned so far: the stream's next miss is expected there */
	uint64_t window;  /* length of the newest window, which ends at end */
	uint64_t read;    /* bytes of the stream so far, with that window */
	uint64_t beside;  /* what came behind end with the newest miss, because it was worth it */
	bool has_trigger; /* at the start of the newest window */
	uint64_t used;    /* clock at the last use: the oldest stream is replaced; 0: never used */
};

struct readahead {
	struct readahead_stream streams[READAHEAD_STREAMS];
	uint64_t clock;
	bool is_off;   /* nothing is read ahead */
	uint64_t room; /* bytes of memory for what is ahead of all readers; 0: it is stored, and stays */
	uint64_t worth_spent; /* bytes that were added to windows for their worth */
};

/*
 * The window for a miss of [off, off + len), whole blocks, of worth bytes at least: a round trip costs more than they do. The caller
 * clips it to the blob and its holes.
 */
struct readahead_window readahead_miss(struct readahead *readahead, uint64_t off, uint64_t len,
				       uint64_t worth);

/* The reader has reached the trigger at off. Returns the next window, if its stream is still known. */
struct readahead_window readahead_reached(struct readahead *readahead, uint64_t off);

#endif
