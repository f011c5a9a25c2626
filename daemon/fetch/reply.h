/* SPDX-License-Identifier: MIT */
/*
 * What an HTTP server answered to a range request: header lines in, a verdict out.
 *
 * Flow: fetch feeds each header line; blob asks reply_judge whether the body may be used. Pure.
 * Process: engine
 * Source: RFC 9110 (8.8.2 Last-Modified, 8.8.3 ETag, 13.1.5 If-Range, 14.4 Content-Range, 15 status codes);
 *         RFC 9112 (4 status line)
 */
#ifndef BLOBROOT_REPLY_H
#define BLOBROOT_REPLY_H

#include "fetch/version.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { REPLY_RETRY_MOST_S = 120 }; /* no server, nor anybody who impersonates one, stops a host for longer */

struct reply {
	int status; /* 0: no status line yet */
	bool has_range, has_length, is_range_seen, is_encoded, is_garbage;
	bool is_https;               /* set by fetch: the answer came over TLS */
	uint64_t first, last, total; /* of Content-Range, last is inclusive; valid when has_range */
	uint64_t length;             /* of Content-Length; valid when has_length */
	uint32_t retry_after_s;      /* Retry-After, if it was a number; 0: absent */
	int64_t retry_at_s;          /* .. if it was a date, by the server's clock; 0: absent */
	int64_t date_s;              /* of Date; 0: absent */
	char etag[VERSION_VALIDATOR_MAX];
	char last_modified[VERSION_VALIDATOR_MAX];
};

enum verdict {
	VERDICT_OK,
	VERDICT_STATUS,    /* not a success; reply.status has it */
	VERDICT_NO_RANGES, /* the server sends whole files only */
	VERDICT_CHANGED,   /* the blob is not the version that we know */
	VERDICT_BAD_RANGE, /* the range in the answer is not the one that was asked for */
	VERDICT_BAD_LENGTH,
	VERDICT_ENCODED, /* a Content-Encoding that nobody asked for */
	VERDICT_GARBAGE, /* malformed headers */
};

/*
 * Parses one header line. A status line resets reply: a redirect's headers do not count. Shape: line need
 * not end in NUL; CR LF at its end is ignored.
 */
void reply_take_line(struct reply *reply, const char *line, size_t len);

/*
 * May the body be used for bytes [off, off + len)? known is NULL for the first contact, when any version is
 * accepted and the range may be cut at the blob's end.
 */
enum verdict reply_judge(const struct reply *reply, uint64_t off, uint64_t len, const struct version *known);

/*
 * Retry-After in seconds, REPLY_RETRY_MOST_S at most; 0: none. A date counts from the answer's Date, as our
 * clock may be wrong. Source: RFC 9110, 10.2.3, 5.6.7 (of the dates IMF-fixdate alone)
 */
uint32_t reply_retry_s(const struct reply *reply);

/* The version in a reply that was judged OK. */
void reply_version(const struct reply *reply, struct version *version_out);

/* Why, for a message; may use buf (of size bytes). */
const char *reply_explain(enum verdict verdict, const struct reply *reply, char *buf, size_t size);

#endif
