/* SPDX-License-Identifier: MIT */
/*
 * Recent performance of a server: time to the first byte, transfer rate, and failures.
 *
 * Flow: blob records each transfer; mirror asks what it would cost; race asks how long a transfer may be idle. Pure.
 * Process: engine
 */
#ifndef BLOBROOT_PACE_H
#define BLOBROOT_PACE_H

#include <stdbool.h>
#include <stdint.h>

enum {
	PACE_GRAIN_MS = 20,       /* smaller differences are noise of a local network */
	PACE_SURE = 8,            /* so many answers show how far a server is: a first one may be late */
	PACE_UNKNOWN_MS = 200,    /* of a server that was never asked: better than one that fails or crawls */
	PACE_FAILING_MS = 5000,   /* for each failure in a row */
	PACE_FORGIVEN_MS = 60000, /* failures count for so long after the last one */
	PACE_FAILURES_MAX = 20,
	PACE_FIRST_MOST_MS = 60000,
	PACE_RATE_UNKNOWN = 4096, /* bytes per ms */
	PACE_RATE_MOST = 32 * 1024,
	PACE_RATE_BYTES = 32 * 1024, /* fewer bytes, in less time, say nothing about the rate */
	PACE_RATE_MS = 200,
	/*
	 * A transfer may be idle for PACE_PATIENCE times the server's usual time to the first byte. A lost
	 * segment or two are retransmitted within 0.3 s. A new connection to the same server is of no use
	 * before a lost SYN is retransmitted (1 s).
	 */
	PACE_PATIENCE = 8,
	PACE_OTHER_LEAST_MS = 300,
	PACE_OTHER_MOST_MS = 3000,
	PACE_SAME_LEAST_MS = 2000,
	PACE_SAME_MOST_MS = 5000,
	/* Slow: below an eighth of another server's rate, or 256 bytes per ms if that is less; always below 1. */
	PACE_SLOW_SHARE = 8,
	PACE_SLOW_MOST = 256,
	PACE_SLOW_LEAST = 1,
	/* Also slow: below a 64th of the same server's usual rate, or 16 bytes per ms if that is less. */
	PACE_CRAWL_SHARE = 64,
	PACE_CRAWL_MOST = 16,
};

/*
 * Zeroed: never asked. Averages move a quarter of the way to each new value; the first one replaces what an
 * earlier engine left (mirror_stats.h). Fixed-size integers, as it may be in memory that survives restarts.
 */
struct pace {
	uint32_t is_measured;
	uint32_t first_ms;      /* to the first byte */
	uint32_t least_ms;      /* the shortest such time of late: nothing of it was spent in a queue */
	uint32_t rate;          /* of a transfer, bytes per ms; 0: not known */
	uint32_t is_first_left; /* first_ms is from an earlier engine; is_rate_left: so is rate */
	uint32_t is_rate_left;
	uint32_t answers;  /* that this engine has had, whole; PACE_SURE at most */
	uint32_t failures; /* in a row: no connection, silence, 5xx .. */
	uint64_t failed_ms;
	uint64_t quiet_until_ms; /* Retry-After */
	uint64_t bytes;          /* of all transfers, so far */
};

/* The first byte came after first_ms, or none within first_ms. */
void pace_take_first(struct pace *pace, uint64_t first_ms);
/* So many bytes came within ms of the first one. */
void pace_take_bytes(struct pace *pace, uint64_t bytes, uint64_t ms);
void pace_take_failure(struct pace *pace, uint64_t now_ms);
void pace_take_success(struct pace *pace);

bool pace_is_failing(const struct pace *pace, uint64_t now_ms);
/* The expected time for len bytes, in ms. Failures and Retry-After cost more than a slow server. */
uint64_t pace_cost_ms(const struct pace *pace, uint64_t len, uint64_t now_ms);
/*
 * How many bytes come in half of the time that each request costs by the distance of the server. 0: not known, before
 * PACE_SURE answers, or less than PACE_GRAIN_MS.
 */
uint64_t pace_worth(const struct pace *pace);
/* How long a transfer may be idle before a second one, at another server or the same, is worth the request. */
uint32_t pace_patience_ms(const struct pace *pace, bool is_other);
/*
 * The bytes per ms below which a transfer is slow, given the server's own recent rate and other_rate, another
 * one's (0: there is none, or it is not known). PACE_SLOW_LEAST at least.
 */
uint32_t pace_slow(const struct pace *pace, uint32_t other_rate);

#endif
