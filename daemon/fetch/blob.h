/* SPDX-License-Identifier: MIT */
/*
 * A blob: the bytes published at a URL, in one version, its mirrors, and how to get ranges of exactly that
 * version.
 *
 * Flow: contact, flight and tree call blob_get; ranges of the one version come out.
 * Process: engine
 * Source: RFC 9110, 13.1.5 (If-Range)
 *
 * A blob whose bytes are proven by hashes (is_proven) may change its version on a mirror, for whoever uses the bytes
 * looks at them; of any other blob every answer must be of the version that was seen first on that mirror, and of
 * the same size on all.
 */
#ifndef BLOBROOT_BLOB_H
#define BLOBROOT_BLOB_H

#include "fetch/fetch.h"
#include "fetch/mirror.h"
#include "fetch/reply.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	BLOB_URL_MAX = 4096,
	BLOB_WHY_MAX = 384,
	BLOB_RIVALS_MAX = 8, /* second transfers at once: see race.h */
};

struct loop;
struct mirror_stats_blob;

struct blob {
	struct fetch *fetch;
	struct loop *loop;
	const char *url; /* of the first mirror: the blob's name in messages */
	struct mirror mirrors[MIRROR_COUNT_MAX];
	unsigned mirror_count;
	unsigned current; /* the mirror that is asked unless another one is better by half */
	struct mirror_stats_blob
		*stats;  /* where that, and what is known of mirrors, outlives us; NULL: nowhere */
	unsigned rivals; /* second transfers that are under way */
	void (*asked)(void *arg,
		      unsigned mirror); /* a transfer from that mirror begins; NULL: nobody wants to know */
	void *asked_arg;
	uint64_t size; /* bytes, from the blob's first; what a mirror has beyond them is none of ours */
	bool is_known; /* size is set */

	/* Its owner sets these before the first transfer. */
	bool is_proven;
	bool is_raced; /* stalled transfers are raced */
};

/* What a transfer came to. */
enum blob_result {
	BLOB_DONE,
	BLOB_AGAIN, /* trouble that time or another mirror may mend: no connection, silence, 5xx, a body cut short */
	BLOB_WRONG,   /* all mirrors' considered answer: 404, no ranges, .. */
	BLOB_CHANGED, /* another version is published now; never of a blob that is_proven */
	BLOB_REFUSED, /* the owner's data() said so */
};

struct blob_events {
	/* Bytes of the range, in order; never more than were asked for. Returns as fetch_events' data: FETCH_REFUSE ends it. */
	size_t (*data)(void *arg, const uint8_t *bytes, size_t len);
	/* The end, exactly once unless cancelled. why is NULL for BLOB_DONE and BLOB_REFUSED. */
	void (*done)(void *arg, enum blob_result result, const char *why);
};

/* One range on its way; embedded in its owner. */
struct blob_transfer {
	struct blob *blob;
	struct fetch_transfer *transfer; /* NULL: none is on its way */
	unsigned mirror;                 /* who was asked; valid after the end, too */
	uint64_t off, len, got;
	struct reply reply;
	enum verdict verdict;
	bool is_overlong, is_short;
	bool is_held;                /* its owner did not take all at once: it tells nothing of the server */
	uint64_t begun_ms, first_ms; /* .. the first byte; 0: none has come */
	const struct blob_events *events;
	void *arg;
};

/* Owns: url is copied; ended with blob_fini. Errors: -ENOMEM, -ENAMETOOLONG. */
int blob_init(struct blob *blob, struct fetch *fetch, struct loop *loop, const char *url);
void blob_fini(struct blob *blob);

/* One more place. Errors: -ENOMEM, -ENAMETOOLONG, -ENOSPC over MIRROR_COUNT_MAX. */
int blob_add_mirror(struct blob *blob, const char *url);

/* Sets what an earlier engine learned of a mirror, and with it the size. */
void blob_recall(struct blob *blob, unsigned mirror, const struct version *version);
/* The size, from whoever vouches for it. */
void blob_set_size(struct blob *blob, uint64_t size);
/* Asks the mirror that leader asks, as long as it is no worse than the others. Shape: both have the same mirrors. */
void blob_follow(struct blob *blob, const struct blob *leader);
/* Forgets size and versions: the answer that they came from led to nothing. */
void blob_forget(struct blob *blob);

/*
 * Begins to get [off, off + len), from none of the mirrors in avoid if there is another. While the size is not known the
 * range may reach beyond the end, and the first answer sets it; afterwards it must lie inside. Errors: -ENOMEM.
 */
int blob_get(struct blob *blob, struct blob_transfer *get, uint64_t off, uint64_t len, uint32_t avoid,
	     const struct blob_events *events, void *arg);
/*
 * The same beside get of mirror lead, which stalls: preferably from none of the mirrors in doubt (lead among them),
 * and from lead over a connection of its own, after a new look at its name.
 */
int blob_get_beside(struct blob *blob, struct blob_transfer *get, unsigned lead, uint64_t off, uint64_t len,
		    uint32_t avoid, uint32_t doubt, const struct blob_events *events, void *arg);
/* From that mirror: to see how it does. */
int blob_get_from(struct blob *blob, struct blob_transfer *get, unsigned mirror, uint64_t off, uint64_t len,
		  const struct blob_events *events, void *arg);
void blob_cancel(struct blob_transfer *get);
/* The same, because another one was faster: that is to be known when a mirror is chosen. */
void blob_beat(struct blob_transfer *get);
void blob_resume(struct blob_transfer *get); /* as fetch_resume */

/* The mirror's bytes were not the blob's; or all of a transfer, or a long stretch of it, were. */
void blob_blame(struct blob *blob, unsigned mirror);
void blob_praise(struct blob *blob, unsigned mirror);
/* The mirror is to be avoided, too; where that is all of them, it alone. */
uint32_t blob_avoid(const struct blob *blob, uint32_t avoid, unsigned mirror);

/* Is there another mirror that answers? Its rate, bytes a ms, or the best one's; 0: not known. */
bool blob_has_other(const struct blob *blob, unsigned mirror, uint32_t *rate_out);

/*
 * How long to wait before what has failed so many times in a row (from 1) is tried again, in ms: not at all while another
 * mirror answers, and not before a time that the servers have named.
 */
uint32_t blob_pause_ms(const struct blob *blob, unsigned attempts);
/* The same before a first try: 0, but for such a time. */
uint32_t blob_quiet_ms(const struct blob *blob);

/*
 * From now on what is known of the mirrors is what stands there, and whatever is learned goes there. Shape: taken up
 * (mirror_stats.h), and it outlives blob; all mirrors are named, and the pace of none is shared yet.
 */
void blob_use_stats(struct blob *blob, struct mirror_stats_blob *stats);

/* What lender, which outlives blob, learns of a server counts for blob's mirror there, and the other way round. */
void blob_share_pace(struct blob *blob, struct blob *lender);

/* The URLs of the mirrors in the set, for a message: text_out of size bytes, cut if need be. */
void blob_name_mirrors(const struct blob *blob, uint32_t mirrors, char *text_out, size_t size);

#endif
