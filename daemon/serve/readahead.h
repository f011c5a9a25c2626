/* SPDX-License-Identifier: MIT */
/*
 * How much to fetch for a miss: the read-ahead policy. It makes HTTP requests fewer than misses.
 *
 * Flow: object asks on each miss that needs a fetch, and gets the window to fetch ahead. Pure.
 * Process: engine
 *
 * Sequential reads form a stream. Its read-ahead window is an eighth of what it has read so far, and at most
 * two windows are ahead of the reader. So a reader that stops early has cost little more than a quarter on
 * top of what it used, and a random read costs no extra bytes. EROFS's own read-ahead (128 KiB) is
 * already in the misses we see.
 *
 * Where the server is far away, a miss costs less if its neighbours come with it, because a boot reads many of them: a miss's
 * window has at least the bytes that are worth it (pace_worth). What that may cost in all is bounded: it is for boots.
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
	READAHEAD_WORTH_MAX = 128 * 1024,         /* beside a miss, as the server is far away .. */
	READAHEAD_WORTH_TOTAL = 32 * 1024 * 1024, /* .. and in all */
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
	bool has_trigger; /* at the start of the newest window */
	uint64_t used;    /* clock at the last use: the oldest stream is replaced; 0: never used */
};

struct readahead {
	struct readahead_stream streams[READAHEAD_STREAMS];
	uint64_t clock;
	bool is_off;   /* nothing is read ahead */
	uint64_t room; /* bytes of memory for what is ahead of all readers; 0: it is stored, and stays */
	uint64_t
		worth; /* bytes that are worth it beside a miss, as the server is far away; the caller sets it */
	uint64_t worth_spent; /* how many were added to windows for that, so far */
};

/* The window for a miss of [off, off + len), whole blocks. The caller clips it to the blob and its holes. */
struct readahead_window readahead_miss(struct readahead *readahead, uint64_t off, uint64_t len);

/* The reader has reached the trigger at off. Returns the next window, if its stream is still known. */
struct readahead_window readahead_reached(struct readahead *readahead, uint64_t off);

#endif
