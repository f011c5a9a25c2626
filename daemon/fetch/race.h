/* SPDX-License-Identifier: MIT */
/*
 * A race: the transfer of one range of a blob, and a second transfer for the rest of it when the first one
 * stalls (a hedged request).
 *
 * Flow: contact, flight and tree -> race_begin -> blob_get; when it stalls -> blob_get_beside. One stream comes out.
 * Process: engine
 *
 * A transfer stalls when it is slower than pace.h allows: no byte, or a trickle. The rival goes to another
 * mirror, or if none answers, to the same one over a new connection. It starts where its owner could continue
 * (`reached`), and wins with its first byte that is new; then the owner is told to continue from there
 * (`turn`), and the loser is cancelled. Until then the leader's bytes are used, and a leader that recovers
 * wins. If one fails, the other continues alone. The race fails when both have failed, or when the leader has
 * and the rival, at the same server, has no byte yet. Nothing is raced if nobody waits for the bytes.
 */
#ifndef BLOBROOT_RACE_H
#define BLOBROOT_RACE_H

#include "base/loop.h"
#include "fetch/blob.h"

enum {
	RACE_REVIVED = 64 * 1024, /* with so many bytes since the rival began, the leader has recovered */
	RACE_PATIENCE_SHIFT = 4,  /* each rival doubles the patience before the next one, so many times */
};

struct race_events {
	/* As in blob_events; never bytes of a loser. */
	size_t (*data)(void *arg, const uint8_t *bytes, size_t len);
	void (*done)(void *arg, enum blob_result result, const char *why);
	/* Does anybody wait for the bytes, and for nothing but the server? */
	bool (*is_wanted)(void *arg);
	/* The range [off, end) of the blob that a second transfer would have to fetch; off never decreases. */
	void (*reached)(void *arg, uint64_t *off_out, uint64_t *end_out);
	/*
	 * The next byte is the one at off, as `reached` has just returned it, and is another transfer's, like all that
	 * follow: drop all that was received beyond off. race_mirror still returns the previous mirror.
	 */
	void (*turn)(void *arg, uint64_t off);
};

struct race;

struct race_attempt {
	struct race *race;
	struct blob_transfer get;
	bool is_beaten; /* to be cancelled */
	bool is_slow;   /* .. and its mirror was too slow */
};

/* Embedded in its owner; zeroed is "none". */
struct race {
	struct blob *blob;
	struct race_attempt attempts[2];
	struct race_attempt *leader; /* whose bytes go to the owner */
	struct race_attempt *other;  /* the rival, or what is left of a loser */
	bool is_racing;              /* other is a rival that runs */
	uint32_t avoid;              /* mirrors */
	uint32_t doubted;            /* those that were slow with this range */
	unsigned rivals;             /* started so far */
	uint64_t at;                 /* offset of the next byte for the owner */
	uint64_t revived;            /* bytes of the leader since the rival began */
	/* When the window began in which the leader's speed is measured; asked: as blob_asked_ms says. */
	uint64_t window_at, window_bytes, window_ms, window_asked_ms;
	struct loop_timer timer;
	const struct race_events *events;
	void *arg;
};

/* As blob_get, blob_cancel and blob_resume. */
int race_begin(struct race *race, struct blob *blob, uint64_t off, uint64_t len, uint32_t avoid,
	       const struct race_events *events, void *arg);
void race_cancel(struct race *race);
void race_resume(struct race *race);

/* The mirror whose bytes arrive now; after the end, the last one. */
unsigned race_mirror(const struct race *race);

#endif
