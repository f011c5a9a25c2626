/* SPDX-License-Identifier: MIT */
/*
 * A blob: the bytes published at a URL, in one version, its mirrors, and how to get ranges of that version.
 *
 * Flow: race, for contact, flight and tree, calls blob_get; ranges of the one version come out.
 * Process: engine
 * Source: RFC 9110, 13.1.5 (If-Range), 14 (ranges), 15.4 (redirects)
 *
 * Of a blob that is verified (is_proven) only the size counts, as whoever uses the bytes verifies them. For any
 * other blob, every answer must have the version first seen on that mirror, and the same size on all mirrors.
 * Size and version are those of a transfer that is complete: the head of an answer that never ends counts for nothing.
 */
#ifndef BLOBROOT_BLOB_H
#define BLOBROOT_BLOB_H

#include "fetch/blob_transfer.h"
#include "fetch/fetch.h"
#include "fetch/mirror.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	BLOB_URL_MAX = 4096,
	BLOB_RIVALS_MAX = 8,   /* concurrent second transfers: see race.h */
	BLOB_PAUSES_ALIVE = 3, /* a pause grows so many times even if the server answers others: to 0.8 s */
};

struct loop;
struct mirror_stats_blob;

struct blob {
	struct fetch *fetch;
	struct loop *loop;
	const char *url; /* of the first mirror: the blob's name in messages */
	struct mirror mirrors[MIRROR_COUNT_MAX];
	unsigned mirror_count;
	unsigned current; /* the preferred mirror: asked unless another one is better by half */
	/* Keeps current and the mirrors' statistics across restarts; NULL: not kept. */
	struct mirror_stats_blob *stats;
	unsigned rivals; /* second transfers in progress */
	/* blob_get calls it with the mirror that it asks. May be NULL. */
	void (*asked)(void *arg, unsigned mirror);
	void *asked_arg;
	uint64_t size; /* in bytes; what a mirror has beyond them is ignored */
	bool is_known; /* size is set */
	/* Answers of another version and of the right one came in turns: two servers behind one name. */
	bool has_two_versions;

	/* Set by the owner before the first transfer. */
	bool is_proven;
	bool is_whole; /* a small file: asked for without a range, as not every server does ranges beyond the end */
	bool is_raced; /* stalled transfers are raced */
};

/* Owns: copies url; the caller ends it with blob_fini. Errors: -ENOMEM, -ENAMETOOLONG. */
int blob_init(struct blob *blob, struct fetch *fetch, struct loop *loop, const char *url);
void blob_fini(struct blob *blob);

/* Adds a mirror. Errors: -ENOMEM, -ENAMETOOLONG, -ENOSPC over MIRROR_COUNT_MAX. */
int blob_add_mirror(struct blob *blob, const char *url);

/* Sets the version of a mirror, as an earlier engine learned it, and with it the size. */
void blob_recall(struct blob *blob, unsigned mirror, const struct version *version);
/* Sets the size, if it is known from elsewhere. */
void blob_set_size(struct blob *blob, uint64_t size);
/* Prefers the mirror that leader prefers. Shape: both have the same mirrors. */
void blob_follow(struct blob *blob, const struct blob *leader);
/* Forgets size, versions and targets of redirects: the answer that they came from was of no use. */
void blob_forget(struct blob *blob);

/*
 * Starts fetching [off, off + len), from a mirror that is not in avoid if possible. While the size is not known, the
 * range may extend past the end, and the first transfer that is complete sets the size; afterwards it must be inside.
 * Errors: -ENOMEM.
 */
int blob_get(struct blob *blob, struct blob_transfer *get, uint64_t off, uint64_t len, uint32_t avoid,
	     const struct blob_events *events, void *arg);
/*
 * The same, as a second transfer beside one from mirror lead, which stalls. Prefers mirrors that are neither
 * in doubt nor lead. If it is lead after all, it uses a new connection, and resolves the name again.
 */
int blob_get_beside(struct blob *blob, struct blob_transfer *get, unsigned lead, uint64_t off, uint64_t len,
		    uint32_t avoid, uint32_t doubt, const struct blob_events *events, void *arg);
/* The same from this mirror, as a probe. */
int blob_get_from(struct blob *blob, struct blob_transfer *get, unsigned mirror, uint64_t off, uint64_t len,
		  const struct blob_events *events, void *arg);
void blob_cancel(struct blob_transfer *get);
/* Cancels a transfer because another one was faster, and records that for the choice of mirrors. */
void blob_beat(struct blob_transfer *get);
void blob_resume(struct blob_transfer *get); /* as fetch_resume */

/*
 * For how long the mirror has really been asked so far. The time in which a request waits for its turn (server.h) is
 * nobody's slowness. had_time: long enough for its silence to say something? Not while a request waits.
 */
uint64_t blob_asked_ms(const struct blob_transfer *get);
bool blob_is_waiting(const struct blob_transfer *get);
bool blob_had_time(const struct blob_transfer *get);

/* blame: the mirror's bytes were wrong. praise: all of a transfer, or a long stretch of it, were right. */
void blob_blame(struct blob *blob, unsigned mirror);
void blob_praise(struct blob *blob, unsigned mirror);
/* Returns avoid with mirror added; if that is all mirrors, mirror alone. */
uint32_t blob_avoid(const struct blob *blob, uint32_t avoid, unsigned mirror);

/* Is another mirror not failing? *rate_out: the best rate of these, in bytes per ms; 0: not known. */
bool blob_has_other(const struct blob *blob, unsigned mirror, uint32_t *rate_out);

/*
 * The pause before a retry, in ms, after so many failures in a row (from 1): none while there are mirrors
 * left to try and one that is not failing, otherwise not less than blob_quiet_ms. It grows as long as the servers answer
 * nobody: one that fails at random is there.
 */
uint32_t blob_pause_ms(const struct blob *blob, unsigned attempts);
/* The pause before a first attempt, in ms: 0, unless every mirror has sent Retry-After. */
uint32_t blob_quiet_ms(const struct blob *blob);

/* pace_worth of the preferred mirror. */
uint64_t blob_worth(const struct blob *blob);

/*
 * Keeps the mirrors' statistics in stats from now on. Shape: mirror_stats_adopt has been called for stats,
 * which must outlive blob; all mirrors have been added, and no pace is shared yet.
 */
void blob_use_stats(struct blob *blob, struct mirror_stats_blob *stats);

/* Mirrors of blob share the pace of lender's at the same origin. Owns: lender must outlive blob. */
void blob_share_pace(struct blob *blob, struct blob *lender);

#endif
