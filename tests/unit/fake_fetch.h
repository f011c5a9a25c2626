/* SPDX-License-Identifier: MIT */
/*
 * fetch.h without a network: transfers wait until the test says what their server answers.
 *
 * Flow: the code under test begins transfers; the test plays the server, and head, data and done come from
 * here. Process: tests
 *
 * As with the real one: nothing is called from inside fetch_begin or fetch_cancel, done comes once, and the
 * transfer is gone after it. The bytes of the published blob are fake_byte(off).
 */
#ifndef BLOBROOT_FAKE_FETCH_H
#define BLOBROOT_FAKE_FETCH_H

#include "fetch/fetch.h"

struct fetch_transfer {
	struct fetch *fetch;
	char url[4200];
	char effective_url[4200]; /* what the test says; at first url */
	char if_range[256];       /* empty: none sent */
	uint64_t off, len, sent;
	const struct fetch_events *events;
	void *arg;
	bool is_head_told, is_fresh;
	bool is_waiting; /* for its turn: as the test says */
	uint64_t waited_ms;
	uint8_t *kept; /* while it pauses: what was not taken; fetch_resume hands it out */
	size_t kept_len;
	struct fetch_transfer *next;
};

/* Owns: ended with fetch_close, which requires that nothing is on the wire. */
struct fetch *fake_fetch_open(void);
/* The next count transfers fail to begin: -ENOMEM. */
void fake_fetch_refuse(struct fetch *fetch, unsigned count);

/* Transfers from URLs that begin so would wait for ms. */
void fake_fetch_delay(struct fetch *fetch, const char *url, uint64_t ms);

/* How many bytes of stack lay between the first transfer that failed to begin and the deepest such call. */
size_t fake_fetch_depth(const struct fetch *fetch);

/* How often what was kept is trusted no more. */
unsigned fake_fetch_distrusts(const struct fetch *fetch);
/* Transfers begun, and bytes of bodies, so far. */
uint64_t fake_fetch_begun(const struct fetch *fetch);
uint64_t fake_fetch_sent(const struct fetch *fetch);
unsigned fake_fetch_flying(const struct fetch *fetch);
/* The nth on the wire, 0 being the oldest. */
struct fetch_transfer *fake_fetch_at(struct fetch *fetch, unsigned n);

uint8_t fake_byte(uint64_t off);

/* A data event of whoever takes all and keeps nothing. */
size_t fake_fetch_swallow(void *arg, const uint8_t *bytes, size_t len);

/*
 * The server's moves. Each returns false when the code under test has refused, or the move was the end: the
 * transfer is gone then; or when it pauses: after fetch_resume the same move goes on.
 */
bool fake_fetch_head(struct fetch_transfer *transfer, const char *lines);
/* Where the range that was asked for ends in a blob of that size. */
uint64_t fake_fetch_end_of(const struct fetch_transfer *transfer, uint64_t size);
/* A right 206 for a blob of that size, or a 200 where no range was asked for; etag NULL: none is sent. */
bool fake_fetch_head_206(struct fetch_transfer *transfer, uint64_t size, const char *etag);
bool fake_fetch_bytes(struct fetch_transfer *transfer, const void *bytes, size_t len);
/* The next len bytes of the blob, in pieces of at most 64 KiB. */
bool fake_fetch_body(struct fetch_transfer *transfer, uint64_t len);
bool fake_fetch_end(struct fetch_transfer *transfer, const char *why);
/* All of a right answer: head if it is not out yet, body, end. */
void fake_fetch_serve(struct fetch_transfer *transfer, uint64_t size, const char *etag);
/* An answer with this status and no body. */
void fake_fetch_status(struct fetch_transfer *transfer, int status);

#endif
