/* SPDX-License-Identifier: MIT */
/*
 * A race: one range of a blob on its way, and a second transfer for what is missing of it when the first one stalls (what
 * is elsewhere called a hedged request).
 *
 * Flow: contact, flight and tree -> race_begin -> blob_get; when it stalls -> blob_get_beside. One row of bytes comes out.
 * Process: engine
 *
 * A transfer stalls when it is slower than pace.h allows: no byte, or a drip. The rival goes to another mirror, or where
 * there is none that answers, to the same one over a new connection. It asks from where its owner could go on
 * (`reached`), and wins with its first byte that is news; then the owner is told to go on from there (`turn`), and the
 * loser is cancelled. Until then the leader's bytes count, and a leader that is well again wins. If one fails, the
 * other one goes on alone; only when both have failed, or a lone server in both, has the race. Where nobody waits for the bytes nothing is raced.
 */
#ifndef BLOBROOT_RACE_H
#define BLOBROOT_RACE_H

#include "base/loop.h"
#include "fetch/blob.h"

enum {
	RACE_REVIVED = 64 * 1024, /* so many bytes since the rival began, and the leader is well again */
	RACE_PATIENCE_SHIFT = 4,  /* each rival doubles the patience with the next, so many times */
};

struct race_events {
	/* As blob_events'; bytes are never those of a loser. */
	size_t (*data)(void *arg, const uint8_t *bytes, size_t len);
	void (*done)(void *arg, enum blob_result result, const char *why);
	/* Does anybody wait for the bytes, and only for the server? */
	bool (*is_wanted)(void *arg);
	/* Where another answer could go on, and where it may end: [off, end) of the blob; off never goes back. */
	void (*reached)(void *arg, uint64_t *off_out, uint64_t *end_out);
	/*
	 * The next byte is off's, which `reached` gave just now, and all that follow are another mirror's: what is here
	 * behind off is to be dropped. race_mirror is still the one from before.
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
	bool is_racing;              /* the other one is a rival */
	uint32_t avoid;              /* mirrors */
	uint32_t doubted;            /* those that were slow with this range */
	unsigned rivals;             /* begun so far */
	uint64_t at;                 /* the next byte for the owner */
	uint64_t revived;            /* bytes of the leader since the rival began */
	uint64_t window_at, window_bytes, window_ms;
	struct loop_timer timer;
	const struct race_events *events;
	void *arg;
};

/* As blob_get, and so are these. */
int race_begin(struct race *race, struct blob *blob, uint64_t off, uint64_t len, uint32_t avoid,
	       const struct race_events *events, void *arg);
void race_cancel(struct race *race);
void race_resume(struct race *race);

/* Whose bytes come now; after the end, whose came last. */
unsigned race_mirror(const struct race *race);

#endif
