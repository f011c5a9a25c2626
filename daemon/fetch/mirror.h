/* SPDX-License-Identifier: MIT */
/*
 * A mirror: one place that has a blob, what is known against it, and which of several is asked.
 *
 * Flow: blob keeps a row of them, tells what each transfer came to, and asks mirror_pick. Pure.
 * Process: engine
 *
 * The cheapest is asked. The cost of a mirror, in ms, for len bytes:
 *
 *     honest = PACE_GRAIN_MS + first_ms + len / rate                        what it did lately, or the .._UNKNOWN values
 *              + failures * PACE_FAILING_MS                                 within PACE_FORGIVEN_MS of the last one
 *              + what is left of Retry-After + FAILURES_MAX * FAILING_MS    while it wants no requests
 *              + (what is left of MIRROR_WRONG_MS) / 3                      after a considered refusal (404, ..)
 *              + MIRROR_DOUBTED_MS                                          within MIRROR_FAILED_MS of trouble with this blob
 *     cost   = honest + elsewhere * (1 - 2^-n)                              n wrong blocks, less one each MIRROR_LIE_MS
 *              + MIRROR_AVOIDED_MS, + MIRROR_DOUBTED_MS                     where the caller avoids or doubts it
 *
 * elsewhere is the least honest cost of the others: after n wrong blocks the next answer is assumed wrong with probability
 * 1 - 2^-n, and then the bytes have to come from there as well. So a mirror with wrong blocks is left out where another one
 * is about as fast; of a fast one beside others that crawl, what is right is used. The mirror that is asked now counts for
 * two thirds of its cost, as long as nothing is held against it.
 *
 * How that is found out: blob measures each transfer (pace.h), mirror_probe tries mirrors that nobody asks, race asks for a
 * second transfer where one stalls, and mirror_stats hands it all on to the next engine.
 */
#ifndef BLOBROOT_MIRROR_H
#define BLOBROOT_MIRROR_H

#include "fetch/pace.h"
#include "fetch/reply.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	MIRROR_COUNT_MAX = 9,
	MIRROR_LEN_LEAST =
		32 * 1024,   /* who has a small range soon, and nothing else, is no better for a reader */
	MIRROR_LIES_MAX = 8, /* are counted */
	MIRROR_LIES_LEFT_MAX = 3,    /* .. of those that an engine before has seen */
	MIRROR_LIE_MS = 5 * 60000,   /* so long without another one, or a right answer, and one is forgiven */
	MIRROR_WRONG_MS = 30000,     /* a considered refusal counts for so long */
	MIRROR_AVOIDED_MS = 1000000, /* what it costs to ask whom the caller wants to avoid */
	MIRROR_DOUBTED_MS = 2500,    /* .. and who is slow with the same bytes now: less than one who fails */
	MIRROR_FAILED_MS =
		10000, /* trouble with this blob costs as much, for so long, whatever else is had there */
};

/* What is known of one. It may lie in memory that engines hand on (mirror_stats.h): each integer has its size. */
struct mirror_record {
	struct pace pace;
	uint32_t is_wrong; /* its last answer was a considered refusal */
	uint32_t lies;
	uint64_t wrong_ms, failed_ms; /* 0: its last answer was good */
	uint64_t lied_ms;
};

struct mirror {
	char *url;           /* as configured: what messages name */
	char *effective_url; /* where the last redirects led, or NULL; dropped when it fails */
	struct version version;
	bool is_known; /* the version is set */
	struct mirror_record own_record;
	struct mirror_record *stats; /* own_record, or one that outlives us */
	struct pace *pace;           /* stats's, or that of another blob's mirror at the same server */
};

/* Sets of mirrors are bits: bit i is mirror i. */

bool mirror_is_failing(const struct mirror *mirror, uint64_t now_ms);
/* Its bytes were not the blob's; or a good many in a row were, which makes up for one lie. */
void mirror_blame(struct mirror *mirror, uint64_t now_ms);
void mirror_praise(struct mirror *mirror);

/*
 * Who is to be asked for len bytes: current, if it is well and no other one is better by half. avoid costs more than anything else,
 * doubt as much as some trouble.
 */
unsigned mirror_pick(const struct mirror *mirrors, unsigned count, unsigned current, uint64_t len,
		     uint32_t avoid, uint32_t doubt, uint64_t now_ms);

#endif
