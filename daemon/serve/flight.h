/* SPDX-License-Identifier: MIT */
/*
 * A flight: one extent of a blob on its way from the servers to whoever owns the flight.
 *
 * Flow: object begins flights for what is missing; bytes gather, and go to the owner's land() in whole blocks, which
 * keeps what is proven. What fails is tried again while anybody waits for it.
 * Process: engine
 *
 * A flight is in one phase at a time:
 *
 *     QUEUED   -> a place on the wire is free ------------------------------------------> ASKING (or PAUSING)
 *     PAUSING  -> its time is up -------------------------------------------------------> ASKING, QUEUED
 *     ASKING   -> the buffer is full of blocks whose hashes are not here --------------> HELD
 *     ASKING   -> the last byte is here, and the hashes of the last blocks are not ----> ARRIVED
 *     ASKING   -> trouble, and somebody waits ------------------------------------------> PAUSING
 *     HELD     -> hashes came, and there is room in the buffer again -------------------> ASKING
 *
 * and ends from each of them: all has landed, or nobody wants the rest. ASKING, HELD and ARRIVED have a place on the wire
 * and a buffer. In HELD the buffer is full, and its next block waits for a hash: whatever changes either must call
 * settle() in flight.c. Its owner may move bytes.end of one towards its begin: the rest is left to another flight then.
 */
#ifndef BLOBROOT_FLIGHT_H
#define BLOBROOT_FLIGHT_H

#include "base/list.h"
#include "base/loop.h"
#include "fetch/race.h"
#include "serve/flight_pool.h"
#include "serve/gather.h"
#include "trust/tree.h"

/* What flights tell their owner. */
enum flight_news {
	FLIGHT_TROUBLE,  /* fetches fail, and are tried again */
	FLIGHT_LIE,      /* the same, because of a wrong block at off */
	FLIGHT_CHANGED,  /* another version is on the server: the extent is lost */
	FLIGHT_UNSTORED, /* land() has failed: the extent is lost */
	FLIGHT_FALSE,    /* a block is wrong on every mirror: why names those that were asked */
	FLIGHT_UNPROVEN, /* the hashes of blocks are: why says which, and where they were asked for */
	FLIGHT_LANDED,   /* all of one has landed */
};

/* The owner's end. Called from the loop, and from flight_begin. May not end the flight that calls. */
struct flight_events {
	/*
	 * Keeps blocks as far as they are proven. Returns 0 when that is all, -EAGAIN when the next one waits for its hash,
	 * -EBADMSG when it is wrong, or another -errno when it cannot be kept.
	 */
	gather_land_fn *land;
	/* How far somebody waits for bytes of [off, end): 0 if nobody does. */
	uint64_t (*wanted_until)(void *arg, uint64_t off, uint64_t end);
	/* How many of them are enough to answer somebody: an offset in (off, end]; 0 if nobody waits. */
	uint64_t (*wanted_first)(void *arg, uint64_t off, uint64_t end);
	/* No bytes will come for [off, end). */
	void (*lost)(void *arg, uint64_t off, uint64_t end, int err);
	/* Shape: [off, off + len) is what it is about; why may be NULL; err is land()'s for FLIGHT_UNSTORED. */
	void (*news)(void *arg, enum flight_news news, uint64_t off, uint64_t len, const char *why, int err);
};

/* Whose flights they are: embedded in an object. No two of its flights overlap. */
struct flight_owner {
	struct flight_pool *pool;
	struct blob *blob;
	struct tree *tree; /* NULL: nothing vouches for the blob */
	struct list flights;
	const struct flight_events *events;
	void *arg;
};

enum flight_phase { FLIGHT_QUEUED, FLIGHT_PAUSING, FLIGHT_ASKING, FLIGHT_HELD, FLIGHT_ARRIVED };

/* What has failed since blocks landed last. */
struct flight_trials {
	unsigned failures; /* transfers in a row without a byte between them */
	unsigned changes;  /* answers of another version */
	uint32_t liars;    /* mirrors whose block at off was wrong */
	uint32_t avoid;    /* those of them that have not been passed over for long enough */
	unsigned lies;     /* how often it was wrong */
};

struct flight {
	struct flight_owner *owner;
	enum flight_phase phase;
	struct gather bytes; /* what it has to bring, and what of it is in the buffer */
	uint64_t asked_end;  /* what is asked for now ends here, at its end or before */
	int land_error;      /* of the data event that refused: 0 or -errno */
	struct flight_trials trials;
	unsigned astray; /* wrong blocks since one was right that was not asked for alone */
	uint64_t right;  /* proven bytes since a mirror was praised for them */
	struct race race;
	uint64_t seam; /* buffered bytes before here came from mirror `before` */
	unsigned before;
	struct tree_wait hashes; /* for what it has to bring, where there is a tree and a place on the wire */
	struct loop_timer retry;
	struct list link;  /* of the owner's */
	struct list queue; /* of the pool's, while queued */
};

void flight_owner_init(struct flight_owner *owner, struct flight_pool *pool, struct blob *blob,
		       struct tree *tree, const struct flight_events *events, void *arg);
/* Ends all of its flights. Never from inside an event. */
void flight_owner_fini(struct flight_owner *owner);

/* Fetches [off, end), now or when a place on the wire is free. Errors: -ENOMEM. */
int flight_begin(struct flight_owner *owner, uint64_t off, uint64_t end);

#endif
