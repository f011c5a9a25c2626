/* SPDX-License-Identifier: MIT */
/*
 * What a server did lately: how soon its first byte comes, how fast the others follow, and does it answer at all.
 *
 * Flow: blob measures each transfer, and asks which of its mirrors is cheapest; race asks how long a transfer may be
 * still. Pure.
 * Process: engine
 */
#ifndef BLOBROOT_PACE_H
#define BLOBROOT_PACE_H

#include <stdbool.h>
#include <stdint.h>

enum {
	PACE_GRAIN_MS = 20,     /* what differs by less is as fast: noise of a local network */
	PACE_UNKNOWN_MS = 200,  /* of a server that was never asked: better than one that fails, or crawls */
	PACE_FAILING_MS = 5000, /* for each failure in a row */
	PACE_FORGIVEN_MS = 60000, /* so long after the last failure */
	PACE_FAILURES_MAX = 20,
	PACE_FIRST_MOST_MS = 60000,
	PACE_RATE_UNKNOWN = 4096, /* bytes a ms */
	PACE_RATE_MOST = 32 * 1024,
	PACE_RATE_BYTES = 32 * 1024, /* fewer, in less time, tell nothing of the rate */
	PACE_RATE_MS = 200,
	/*
	 * A transfer may be still for PACE_PATIENCE times the server's usual time to its first byte. A segment or two
	 * that were lost on the way are sent again within 0.3 s; a new connection to the same server is of no use
	 * before a lost SYN (1 s) has come again.
	 */
	PACE_PATIENCE = 8,
	PACE_OTHER_LEAST_MS = 300,
	PACE_OTHER_MOST_MS = 3000,
	PACE_SAME_LEAST_MS = 2000,
	PACE_SAME_MOST_MS = 5000,
	/* Slow is an eighth of what another server does, but nothing above 256 KiB/s, and anything below 1 KiB/s. */
	PACE_SLOW_SHARE = 8,
	PACE_SLOW_MOST = 256,
	PACE_SLOW_LEAST = 1,
	/* A lone transfer crawls at a 64th of what the same server does for others, but not above 16 KiB/s. */
	PACE_CRAWL_SHARE = 64,
	PACE_CRAWL_MOST = 16,
};

/*
 * Zeroed: never asked. Averages go a quarter of the way to each new value; the first one takes the place of what an
 * engine before has left (mirror_stats.h). Each integer has its size: this lies in memory that engines hand on.
 */
struct pace {
	uint32_t is_measured;
	uint32_t first_ms;      /* to the first byte */
	uint32_t rate;          /* of a transfer, bytes a ms; 0: not known */
	uint32_t is_first_left; /* by an engine before, and so is_rate_left */
	uint32_t is_rate_left;
	uint32_t failures; /* in a row: no connection, silence, 5xx .. */
	uint64_t failed_ms;
	uint64_t quiet_until_ms; /* it has asked for this: Retry-After */
	uint64_t bytes;          /* of all transfers, so far */
};

/* A first byte came after so long; or none came in so long. */
void pace_take_first(struct pace *pace, uint64_t first_ms);
/* So many bytes came in so long behind the first one. */
void pace_take_bytes(struct pace *pace, uint64_t bytes, uint64_t ms);
void pace_take_failure(struct pace *pace, uint64_t now_ms);
void pace_take_success(struct pace *pace);

bool pace_is_failing(const struct pace *pace, uint64_t now_ms);
/* How long len bytes are likely to take, in ms; what fails or wants to be left in peace costs more than what is slow. */
uint64_t pace_cost_ms(const struct pace *pace, uint64_t len, uint64_t now_ms);
/* How long a transfer may be still before another one is worth its request, at another server or the same. */
uint32_t pace_patience_ms(const struct pace *pace, bool is_other);
/*
 * Bytes a ms below which a transfer is slow, for what the server itself did lately, and another one, which does other_rate
 * (0: there is none, or nobody knows). PACE_SLOW_LEAST at least.
 */
uint32_t pace_slow(const struct pace *pace, uint32_t other_rate);

#endif
