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

enum {
	REPLY_RETRY_MOST_S = 120, /* no server, nor anybody who impersonates one, stops a host for longer */
	REPLY_ENCODING_MAX = 32,
};

struct reply {
	int status; /* 0: no status line yet */
	bool has_range, has_total, has_length, is_range_seen, is_garbage;
	bool is_https;        /* set by fetch: the answer came over TLS */
	uint64_t first, last; /* of Content-Range, last is inclusive; valid when has_range */
	uint64_t total;  /* the size in Content-Range; valid when has_total, which may be without has_range */
	uint64_t length; /* of Content-Length; valid when has_length */
	uint32_t retry_after_s;            /* Retry-After, if it was a number; 0: absent */
	int64_t retry_at_s;                /* .. if it was a date, by the server's clock; 0: absent */
	int64_t date_s;                    /* of Date; 0: absent */
	char encoding[REPLY_ENCODING_MAX]; /* the first Content-Encoding but "identity", cut; empty: none */
	char etag[VERSION_VALIDATOR_MAX];
	char last_modified[VERSION_VALIDATOR_MAX];
};

/* A request, by which its answer is judged. */
struct reply_ask {
	uint64_t off, len;
	bool is_small; /* off is 0, and len the most that such a file has */
	bool has_size; /* the blob's size is known */
	uint64_t size;
	const struct version *known; /* what this server had before; NULL: no answer of it is known */
	/*
	 * Whoever uses the bytes verifies them. So validators say nothing, nor does an encoding: object stores send the
	 * one that was named when a file was stored, with the plain bytes.
	 */
	bool is_proven;
};

/* What an answer that is judged OK holds: bytes [ask->off, end) of the blob, at least one unless is_whole. */
struct reply_part {
	uint64_t end;  /* at most what was asked for; if is_whole without has_size, the body may end before */
	bool is_whole; /* the blob ends there */
	bool has_size;
	uint64_t size; /* of the blob */
};

enum verdict {
	VERDICT_OK,
	VERDICT_STATUS,     /* not a success; reply.status has it */
	VERDICT_NO_RANGES,  /* the server sends the whole file, which is more than was asked for */
	VERDICT_TOO_LONG,   /* .. and no such file is so long */
	VERDICT_CHANGED,    /* the blob is not the version that this server had */
	VERDICT_OTHER_SIZE, /* nor as long as the blob is */
	VERDICT_NO_SIZE,    /* nobody says how long it is */
	VERDICT_BEYOND,     /* the blob ends before the range does: at reply.total, if has_total */
	VERDICT_BAD_RANGE,  /* the range in the answer does not begin where it must, or is longer */
	VERDICT_BAD_LENGTH,
	VERDICT_ENCODED, /* in a Content-Encoding that nobody asked for, which is the likely reason for anything else */
	VERDICT_GARBAGE, /* malformed headers */
};

/*
 * Parses one header line. A status line resets reply: a redirect's headers do not count. Shape: line need
 * not end in NUL; CR LF at its end is ignored.
 */
void reply_take_line(struct reply *reply, const char *line, size_t len);

/*
 * May the body be used, and for which bytes? A part of the range will do, if it is its beginning; so will a whole
 * file that is not longer than the range. *part_out is set if the verdict is OK.
 */
enum verdict reply_judge(const struct reply *reply, const struct reply_ask *ask, struct reply_part *part_out);

/*
 * Retry-After in seconds, REPLY_RETRY_MOST_S at most; 0: none. A date counts from the answer's Date, as our
 * clock may be wrong. Source: RFC 9110, 10.2.3, 5.6.7 (of the dates IMF-fixdate alone)
 */
uint32_t reply_retry_s(const struct reply *reply);

/* The version in a reply that was judged OK. */
void reply_version(const struct reply *reply, const struct reply_part *part, struct version *version_out);

/* Why, for a message; may use buf (of size bytes). */
const char *reply_explain(enum verdict verdict, const struct reply *reply, const struct reply_ask *ask,
			  char *buf, size_t size);

#endif
