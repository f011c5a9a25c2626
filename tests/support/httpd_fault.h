/*
 * SPDX-License-Identifier: MIT
 *
 * The faults that the test has switched on, read afresh for every request.
 *
 * Flow: httpd_reply.c asks once a request, and obeys what it gets.
 * Process: the tests' web server.
 * Source: the format is described at the head of httpd.c.
 */
#ifndef HTTPD_FAULT_H
#define HTTPD_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTPD_FAULT_NONE  UINT64_MAX /* a number that no rule has set */
#define HTTPD_FAULT_FLIPS 16

enum httpd_fault_garbage {
	HTTPD_FAULT_GARBAGE_NOT,
	HTTPD_FAULT_GARBAGE_BINARY,
	HTTPD_FAULT_GARBAGE_HEADER,
	HTTPD_FAULT_GARBAGE_LONG,
	HTTPD_FAULT_GARBAGE_ENDLESS,
	HTTPD_FAULT_GARBAGE_NO_STATUS,
	HTTPD_FAULT_GARBAGE_NEGATIVE,
	HTTPD_FAULT_GARBAGE_HUGE,
};

/* Numbers are HTTPD_FAULT_NONE and texts empty unless a rule sets them. */
struct httpd_fault {
	uint64_t delay;    /* ms before the first byte of the reply */
	uint64_t rate;     /* bytes/s of this reply */
	uint64_t burst;    /* bytes that come at once before that; 0 unless a rule sets it */
	uint64_t drip;     /* ms for each byte of the body */
	uint64_t cut_head; /* bytes of the head before an orderly close */
	uint64_t cut;      /* bytes of the body before an orderly close */
	uint64_t reset;    /* bytes of the body before a reset */
	uint64_t stall;    /* bytes of the body before eternal silence */
	uint64_t shorten;  /* a 206 holds at most this many bytes, and says so */
	uint64_t status;
	uint64_t beyond; /* the status for a range that ends behind the file's end */
	int64_t length;  /* added to Content-Length, not to the body */
	int64_t shift;   /* added to the start of the range that is served */
	bool silent;
	bool no_range;
	bool no_length;
	bool no_etag;
	bool weak_etag;
	bool redirect_loop;
	bool redirect_range; /* to a target that serves this range alone */
	bool long_body;
	bool http10;
	bool chunked;
	bool close;
	bool hangup;
	char hold[256]; /* no byte while this file is there */
	char etag[128];
	char retry_after[64];
	char redirect[1024];
	char content_length[64];
	char content_range[256];
	char total[64];
	char header[1024];
	enum httpd_fault_garbage garbage;
	uint64_t flip[HTTPD_FAULT_FLIPS]; /* file offsets whose byte is inverted */
	size_t n_flips;
};

/*
 * Gather every rule of the directory that fits a request, and count down those that have a count.
 * Shape: [off, off + len) is the extent asked for; request_no counts the server's requests from 1.
 * Returns: 0, or -1 when a rule is not understood or cannot be read: it was said on stderr, and the server
 * had better end, for a test whose fault does not happen proves nothing.
 */
int httpd_fault_read(const char *dir, const char *method, const char *path, uint64_t off, uint64_t len,
		     uint64_t request_no, struct httpd_fault *fault_out);

#endif
