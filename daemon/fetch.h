/* SPDX-License-Identifier: MIT */
/*
 * HTTP range requests, many at once, on the event loop.
 *
 * Flow: blob and object begin transfers; head, data and done come back from the loop.
 * Process: engine
 * Source: libcurl's multi_socket interface, libcurl-multi(3); RFC 9110
 *
 * libcurl keeps connections alive and shares them, follows redirects, honours http_proxy and friends, and
 * resolves names in a thread of its own. One transfer's trouble is never another's.
 */
#ifndef BLOBROOT_FETCH_H
#define BLOBROOT_FETCH_H

#include "reply.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct counters;
struct fetch;
struct fetch_transfer;
struct loop;

enum {
	FETCH_CONNECT_MS = 10000, /* a connection that takes longer counts as failed */
	FETCH_SILENCE_S = 10,     /* so does a transfer that moves no byte for this long */
	FETCH_REDIRECTS = 8,
	FETCH_CONNECTIONS = 64,
};

/* What a transfer calls. Called from the loop only, never from inside fetch_begin or fetch_cancel. */
struct fetch_events {
	/*
	 * The headers of the last answer are in, redirects behind us. false ends the transfer: its done comes
	 * with is_refused.
	 */
	bool (*head)(void *arg, const struct reply *reply);
	/* Bytes of the body, in order, 1 to 256 KiB. false as above. */
	bool (*data)(void *arg, const uint8_t *bytes, size_t len);
	/*
	 * The end, exactly once for each transfer that was begun and not cancelled; the transfer is freed
	 * after it. why is NULL for a body that ended where the server said; else it says what went wrong,
	 * valid during the call.
	 */
	void (*done)(void *arg, const char *why, bool is_refused);
};

/* Counts into counters. Errors: -ENOMEM. Owns: ended with fetch_close, which drops transfers without a done.
 */
int fetch_open(struct fetch **fetch_out, struct loop *loop, struct counters *counters);
void fetch_close(struct fetch *fetch);

/*
 * Asks url for bytes [off, off + len), len > 0; if_range (or NULL) is sent as If-Range. Errors: -ENOMEM.
 * Owns: events, arg must live until done or cancel; url and if_range are copied.
 */
int fetch_begin(struct fetch *fetch, const char *url, uint64_t off, uint64_t len, const char *if_range,
		const struct fetch_events *events, void *arg, struct fetch_transfer **transfer_out);

/* Ends a transfer without a done. */
void fetch_cancel(struct fetch_transfer *transfer);

/* The URL that answered, after redirects: valid from head until done. */
const char *fetch_effective_url(const struct fetch_transfer *transfer);

#endif
