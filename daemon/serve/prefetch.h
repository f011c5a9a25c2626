/* SPDX-License-Identifier: MIT */
/*
 * Fetches what a boot profile lists, before it is asked for.
 *
 * Flow: object begins it at its first request, and tells it what is read and what has come -> fill_prefetch -> flights.
 * Process: engine
 *
 * It takes the extents in the profile's order, some MiB at a time, sorts these by their place, and joins neighbours: so requests
 * are few and large. It is below readers in priority: it begins something only while little is on its way.
 *
 * One number bounds what it may cost: the window, how much it may have fetched that nobody has read yet. It is the memory that it
 * takes, how far it is ahead of the boot, and what is lost by a profile that is wrong: as nothing of that is read, it comes to
 * a stand. A profile that proves right gets a larger one. When nothing of it has been read for a while, it ends.
 *
 * Where the kernel does not ask for what is here (is_blind), the first block of every PREFETCH_HEADS_APART bytes is a trigger
 * (trigger.h), a head: a request for it stands for all that was begun, up to the next head in the image.
 *
 * A flight that nobody waits for may end without its bytes, and memory may give a block up. So when the window is full, what of it is
 * neither here nor on its way is no longer ahead.
 */
#ifndef BLOBROOT_PREFETCH_H
#define BLOBROOT_PREFETCH_H

#include "base/record.h"
#include "serve/fill.h"
#include "serve/prefetch_hashes.h"
#include "serve/prefetch_run.h"
#include "serve/profile.h"
#include "serve/recorder.h"

enum {
	PREFETCH_WINDOW = 8 * 1024 * 1024,       /* bytes, at first, and so much more as was read of it .. */
	PREFETCH_WINDOW_MOST = 32 * 1024 * 1024, /* .. up to this */
	PREFETCH_WINDOW_SHARE =
		4, /* where it takes memory: no more than one of so many parts at first, and twice that later */
	PREFETCH_BATCH =
		1024 *
		1024, /* bytes of extents that are sorted together: PREFETCH_RUNS_MAX pieces, at most */
	PREFETCH_GAP = 32 * 1024,         /* bytes between neighbours that are fetched for nobody */
	PREFETCH_RANGE_MOST = 512 * 1024, /* bytes of one request */
	PREFETCH_FLIGHTS = 6, /* on their way, with those of readers, when it begins another one .. */
	PREFETCH_FLYING_MOST = 1024 * 1024, /* .. and bytes */
	PREFETCH_SHARE = 3,                 /* what fewer boots than one of so many have read is left out */
	PREFETCH_HEADS_APART = 128 * 1024,
	PREFETCH_LOOK_MS = 1000,  /* how often a full window is looked through, at most */
	PREFETCH_IDLE_MS = 30000, /* it ends when nothing of it was read for so long */
};

/* What it fetches, from where, and whom it tells. All of it must outlive the prefetch. */
struct prefetch_job {
	struct loop *loop;
	struct fill *fill;
	struct recorder *recorder; /* knows what was read already */
	const struct profile *profile;
	struct record_use *use; /* what it counts */
	bool is_blind;          /* see above */
	uint64_t room; /* bytes of memory for what is here and not read; 0: it is stored, and stays */
	/* Nothing of it was read for a while. It has to call prefetch_end. */
	void (*over)(void *arg);
	void *arg;
};

/* Zeroed: it does nothing. */
struct prefetch {
	struct prefetch_job job; /* profile is NULL: it does nothing, or it has ended */
	struct prefetch_hashes hashes;
	struct blockset ahead;        /* listed, planned or fetched, and not read yet */
	struct blockset beside;       /* fetched because they lie between such blocks */
	struct blockset heads;        /* see above */
	uint64_t headless;            /* blocks since the last of them */
	uint64_t window, window_most; /* blocks: at first, and later */
	uint32_t next, at;            /* extent of the profile, and how many blocks of it are planned */
	struct prefetch_run runs[PREFETCH_RUNS_MAX]; /* of the batch */
	unsigned run_count, run_next;
	uint64_t read_ms;   /* when something of it was read, or begun, last */
	uint64_t looked_ms; /* when the full window was looked through */
	struct loop_timer step, idle;
};

/* Without memory for it nothing is fetched. Owns: prefetch_end. */
void prefetch_begin(struct prefetch *prefetch, const struct prefetch_job *job);
/* What it has fetched, and nobody has read, is dropped where it would only take memory. */
void prefetch_end(struct prefetch *prefetch);

/* [off, end) was read. Whole blocks. */
void prefetch_read(struct prefetch *prefetch, uint64_t off, uint64_t end, enum record_how how);

/* Something has come, or will not come: there may be room for more. */
void prefetch_advance(struct prefetch *prefetch);

#endif
