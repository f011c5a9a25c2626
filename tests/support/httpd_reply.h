/*
 * SPDX-License-Identifier: MIT
 *
 * One reply: made from a request and the faults in force, then sent piece by piece.
 *
 * Flow: httpd.c begins a reply, sends until it is told to stop, logs it, ends it.
 * Process: the tests' web server.
 * Source: RFC 9110 (validators, conditions, ranges), RFC 9112 (framing).
 */
#ifndef HTTPD_REPLY_H
#define HTTPD_REPLY_H

#include "httpd_fault.h"
#include "httpd_request.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the connection is to do next. Those from DONE on end the reply. */
enum httpd_reply_next {
	HTTPD_REPLY_BLOCKED, /* wait until the socket takes more */
	HTTPD_REPLY_LATER,   /* wait until wake_ns */
	HTTPD_REPLY_TELL,    /* one byte is left: write the log now, then send again */
	HTTPD_REPLY_DONE,    /* the connection is ready for the next request */
	HTTPD_REPLY_CLOSE,   /* all was sent; an orderly close is due */
	HTTPD_REPLY_CUT,     /* a fault: close at once */
	HTTPD_REPLY_RESET,   /* a fault: close with a reset */
	HTTPD_REPLY_STALL,   /* a fault: say nothing any more */
	HTTPD_REPLY_GONE,    /* the client is no more */
};

struct httpd_reply {
	struct httpd_fault fault;
	unsigned status;    /* 0: no status line was sent */
	uint64_t body_sent; /* bytes of the body, framing not counted, that the kernel has taken */
	uint64_t body_told; /* for TELL: what body_sent will be */
	uint64_t wake_ns;   /* for LATER */
	/* The rest is the module's own. */
	int fd;              /* the file, or -1 */
	const char *text;    /* the body when there is no file */
	uint64_t next, stop; /* the part of the body that is still to be read */
	uint64_t start_ns, sent;
	enum httpd_reply_next at_end; /* what follows the last byte */
	bool is_started, is_told, is_endless, has_trailer;
	char *out; /* a piece: frame_len bytes, body_len bytes, the rest is framing again */
	size_t out_len, out_size, out_pos, frame_len, body_len;
};

/*
 * Decide on the answer.
 * Shape: root_fd is the directory served; faults_dir may be NULL.
 * Owns: httpd_reply_end() gives back what it holds, also after an error.
 * Returns: 0, or -1 when a fault's rule is bad.
 */
int httpd_reply_begin(struct httpd_reply *reply, const struct httpd_request *req, int root_fd,
		      const char *faults_dir, uint64_t request_no, uint64_t now_ns);

/* The answer to bytes that are no request: status 400 or 431, then a close. */
void httpd_reply_refuse(struct httpd_reply *reply, unsigned status, uint64_t now_ns);

/* Send what the socket, the faults and the clock allow. */
enum httpd_reply_next httpd_reply_send(struct httpd_reply *reply, int sock, uint64_t now_ns);

void httpd_reply_end(struct httpd_reply *reply);

#endif
