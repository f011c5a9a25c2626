/* SPDX-License-Identifier: MIT */
/*
 * A flight: fetches one extent of a blob from the servers for its owner.
 *
 * Flow: object begins flights for missing extents. Received bytes are gathered into whole blocks and passed
 * to the owner's land(), which keeps the proven ones. A failed transfer is retried while anybody waits for
 * the bytes.
 * Process: engine
 *
 * A flight is in one phase at a time:
 *
 *     QUEUED   -> a slot is free, or taken from one that nobody waits for --> ASKING (or PAUSING)
 *     PAUSING  -> the pause is over ----------------------------------------> ASKING, QUEUED, PAUSING
 *     ASKING   -> the buffer is full; the next block's hash is missing -----> HELD
 *     ASKING   -> the last byte has arrived; hashes are missing ------------> ARRIVED
 *     ASKING   -> the transfer failed, and somebody waits ------------------> PAUSING
 *     HELD     -> hashes came, and the buffer has room again ---------------> ASKING
 *
 * It can end in any phase: when all has landed, when nobody waits for the rest, or when the extent is lost.
 * ASKING, HELD and ARRIVED hold a slot and a buffer. In HELD the buffer is full, and its next block waits for
 * a hash: code that changes either must call settle() in flight.c. The owner may lower bytes.end; another
 * flight then fetches the rest.
 */
#ifndef BLOBROOT_FLIGHT_H
#define BLOBROOT_FLIGHT_H

#include "base/list.h"
#include "base/loop.h"
#include "fetch/race.h"
#include "serve/flight_pool.h"
#include "serve/gather.h"
#include "trust/tree.h"

/* What flights report to their owner. */
enum flight_news {
	FLIGHT_TROUBLE,  /* transfers fail, and are retried */
	FLIGHT_LIE,      /* the same, because of a wrong block at off */
	FLIGHT_CHANGED,  /* another version is on the server: the extent is lost */
	FLIGHT_UNSTORED, /* land() has failed: the extent is lost */
	FLIGHT_FALSE,    /* a block is wrong on every mirror: why names those that were asked */
	FLIGHT_UNPROVEN, /* hashes are wrong on every mirror: why says which, and names those asked */
	FLIGHT_LANDED,   /* the whole flight has landed */
};

/* Callbacks to the owner, from the loop and from flight_begin. They must not end the calling flight. */
struct flight_events {
	/*
	 * Keeps blocks up to the first that is not proven. Returns 0 if all were kept, -EAGAIN if the next
	 * one's hash is missing, -EBADMSG if it is wrong, or another -errno if it cannot be kept.
	 */
	gather_land_fn *land;
	/* How far bytes of [off, end) are waited for: an offset in (off, end]; 0 if nobody waits. */
	uint64_t (*wanted_until)(void *arg, uint64_t off, uint64_t end);
	/* How far to fetch to complete a request: an offset in (off, end]; 0 if nobody waits. */
	uint64_t (*wanted_first)(void *arg, uint64_t off, uint64_t end);
	/* No bytes will come for [off, end). */
	void (*lost)(void *arg, uint64_t off, uint64_t end, int err);
	/* Shape: it concerns [off, off + len); why may be NULL; err is land()'s for FLIGHT_UNSTORED. */
	void (*news)(void *arg, enum flight_news news, uint64_t off, uint64_t len, const char *why, int err);
};

/* Owns flights; embedded in an object. Its flights never overlap. */
struct flight_owner {
	struct flight_pool *pool;
	struct blob *blob;
	struct tree *tree; /* NULL: the blob is not authenticated */
	struct list flights;
	const struct flight_events *events;
	void *arg;
};

enum flight_phase { FLIGHT_QUEUED, FLIGHT_PAUSING, FLIGHT_ASKING, FLIGHT_HELD, FLIGHT_ARRIVED };

/* Failures since blocks last landed. */
struct flight_trials {
	unsigned failures; /* failed transfers */
	unsigned changes;  /* answers with another version */
	uint32_t liars;    /* mirrors whose block at off was wrong */
	uint32_t avoid;    /* those of them to avoid now */
	unsigned lies;     /* wrong answers for that block */
};

struct flight {
	struct flight_owner *owner;
	enum flight_phase phase;
	struct gather bytes; /* the range still to land, and its buffered bytes */
	uint64_t asked_end;  /* end of the range now requested: bytes.end, or one block */
	int land_error;      /* why the data callback refused: 0 or -errno */
	struct flight_trials trials;
	unsigned astray; /* wrong blocks in a row; one that was retried alone does not end the row */
	uint64_t right;  /* proven bytes not yet praised */
	struct race race;
	uint64_t seam; /* bytes before this offset came from mirror `before` */
	unsigned before;
	struct tree_wait hashes; /* for the range still to land, if there is a tree, while it has a slot */
	struct loop_timer retry;
	struct list link;  /* in the owner's flights */
	struct list queue; /* in the pool's queue, while queued; in its wire, while it has a slot */
};

/* The pool for all owners' flights. Owns: ended with flight_pool_fini. */
void flight_init_pool(struct flight_pool *pool, struct loop *loop, struct counters *counters);

void flight_owner_init(struct flight_owner *owner, struct flight_pool *pool, struct blob *blob,
		       struct tree *tree, const struct flight_events *events, void *arg);
/* Ends all its flights. Never call it from a callback. */
void flight_owner_fini(struct flight_owner *owner);

/* Fetches [off, end), now or when a slot is free. Errors: -ENOMEM. */
int flight_begin(struct flight_owner *owner, uint64_t off, uint64_t end);

#endif
