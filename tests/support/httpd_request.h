/*
 * SPDX-License-Identifier: MIT
 *
 * Bytes of a connection to a struct that says what was asked.
 *
 * Flow: httpd.c parses what it has read; httpd_reply.c resolves the range against the file's size.
 * Process: the tests' web server.
 * Source: RFC 9112 (message syntax), RFC 9110 section 14 (range requests).
 */
#ifndef HTTPD_REQUEST_H
#define HTTPD_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum httpd_request_verdict {
	HTTPD_REQUEST_OK,
	HTTPD_REQUEST_MORE,     /* no whole head yet */
	HTTPD_REQUEST_BAD,      /* 400: the connection is of no more use */
	HTTPD_REQUEST_TOO_LONG, /* 431 */
};

enum httpd_request_range {
	HTTPD_REQUEST_RANGE_NONE, /* none, or one that the standard says to ignore */
	HTTPD_REQUEST_RANGE_OK,
	HTTPD_REQUEST_RANGE_UNSATISFIABLE, /* 416 */
};

/* A header that was not sent is the empty string. */
struct httpd_request {
	char method[16];
	char target[2048]; /* as it came, for the log */
	char path[2048];   /* decoded, without the query, begins with '/', has no ".." in it */
	char range[128];   /* what stands behind "bytes=" */
	char if_range[256];
	char if_match[256];
	char if_none_match[256];
	bool is_http10;
	bool keeps_alive;
};

/*
 * Parse the request head at the start of buf.
 * Shape: len is at most what the caller is willing to keep, max is that limit.
 * Returns: OK with *used_out set to the head's length; the other verdicts leave *used_out alone.
 */
enum httpd_request_verdict httpd_request_parse(const char *buf, size_t len, size_t max,
					       struct httpd_request *req_out, size_t *used_out);

/*
 * What the Range header means for a file of size bytes.
 * Shape: *off_out and *len_out are the extent asked for, cut at the file's end; the whole file for NONE.
 */
enum httpd_request_range httpd_request_resolve(const struct httpd_request *req, uint64_t size,
					       uint64_t *off_out, uint64_t *len_out);

/* Does the range end behind the end of a file of size bytes? */
bool httpd_request_is_beyond(const struct httpd_request *req, uint64_t size);

/* Undo percent-encoding. Returns: false when it is malformed, holds a NUL, or does not fit. */
bool httpd_request_decode(const char *from, size_t from_len, char *to, size_t to_size);

#endif
