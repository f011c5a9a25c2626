/* SPDX-License-Identifier: MIT */
/*
 * A mirror: one server that has a blob, its record, and the choice among several.
 *
 * Flow: blob keeps an array of them, records how each transfer ended, and calls mirror_pick. Pure.
 * Process: engine
 *
 * The cheapest mirror is asked. Its cost, in ms, for len bytes:
 *
 *     honest = PACE_GRAIN_MS + first_ms + len / rate                        recent measurements, or .._UNKNOWN
 *              + wait_ms                                                    until it would be the transfer's turn there
 *              + failures * PACE_FAILING_MS                                 within PACE_FORGIVEN_MS of the last one
 *              + what is left of Retry-After + FAILURES_MAX * FAILING_MS    until that has passed
 *              + (what is left of MIRROR_WRONG_MS) / 3                      after a refusal (404, ..)
 *              + MIRROR_DOUBTED_MS                                          for MIRROR_FAILED_MS after this blob failed
 *     cost   = honest + elsewhere * (1 - 2^-n)                              n wrong blocks, minus one per MIRROR_LIE_MS
 *              + MIRROR_AVOIDED_MS, + MIRROR_DOUBTED_MS                     if the caller avoids or doubts it
 *
 * elsewhere is the lowest honest cost of the others: after n wrong blocks the next answer is assumed wrong
 * with probability 1 - 2^-n, and then the bytes must be fetched there as well. So a mirror with wrong blocks
 * is skipped if another one is about as fast, but still used if the others are much slower. The current
 * mirror counts two thirds of its cost, unless it is failing or has wrong blocks.
 *
 * The measurements: blob takes them of each transfer (pace.h), mirror_probe tries idle mirrors, and race
 * starts a second transfer when one stalls. mirror_stats keeps them for the next engine.
 */
#ifndef BLOBROOT_MIRROR_H
#define BLOBROOT_MIRROR_H

#include "fetch/pace.h"
#include "fetch/reply.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	MIRROR_COUNT_MAX = 9,
	MIRROR_LEN_LEAST = 32 * 1024, /* shorter ranges count as this long: low latency alone is no merit */
	MIRROR_LIES_MAX = 8,          /* wrong blocks are counted up to this .. */
	MIRROR_LIES_LEFT_MAX = 3,     /* .. and those that earlier engines saw up to this */
	MIRROR_LIE_MS = 5 * 60000,    /* one less per this time without another, or per right answer */
	MIRROR_WRONG_MS = 30000,      /* how long a refusal counts */
	MIRROR_AVOIDED_MS = 1000000,  /* the cost of a mirror that the caller avoids */
	MIRROR_DOUBTED_MS = 2500, /* .. and of one that is slow with these bytes: less than a failing one */
	MIRROR_VAIN_MAX =
		2, /* then each target of a redirect is for one request, and none is kept any more */
	MIRROR_FAILED_MS = 10000, /* how long a failure with this blob costs as much, even if others work */
};

/* Statistics of one. May be in memory that survives restarts (mirror_stats.h), hence fixed-size integers. */
struct mirror_record {
	struct pace pace;
	uint32_t is_wrong; /* its last answer was a refusal (404, ..) */
	uint32_t lies;
	uint64_t wrong_ms, failed_ms; /* failed_ms 0: no failure since a good answer */
	uint64_t lied_ms;
};

struct mirror {
	char *url;              /* as configured, and in messages */
	char *effective_url;    /* after the last redirects, or NULL; dropped on failure */
	unsigned target_number; /* of effective_url: counts those that were kept */
	bool is_target_good;    /* a request that began there was served */
	unsigned vain_targets;  /* kept ones in a row that served none */
	struct version version; /* nothing of it counts for a blob that is proven */
	bool is_known;          /* the version is set */
	struct mirror_record own_record;
	struct mirror_record *stats; /* own_record, or one that survives restarts */
	struct pace *pace;           /* of stats, or of another blob's mirror at the same origin */
	uint64_t wait_ms; /* before a transfer may begin there (server.h); set before each choice */
};

/* Sets of mirrors are bit masks: bit i is mirror i. */

bool mirror_is_failing(const struct mirror *mirror, uint64_t now_ms);
/* blame: its bytes were wrong. praise: many in a row were right, which cancels one wrong block. */
void mirror_blame(struct mirror *mirror, uint64_t now_ms);
void mirror_praise(struct mirror *mirror);

/*
 * The mirror to ask for len bytes: current, if it is healthy and no other one is better by half. avoid costs
 * more than anything else, doubt as much as a failure with this blob.
 */
unsigned mirror_pick(const struct mirror *mirrors, unsigned count, unsigned current, uint64_t len,
		     uint32_t avoid, uint32_t doubt, uint64_t now_ms);

#endif
