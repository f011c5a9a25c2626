/* SPDX-License-Identifier: MIT */
/*
 * HTTP range requests, many at once, on the event loop.
 *
 * Flow: blob and object begin transfers; head, data and done come back from the loop.
 * Process: engine
 * Source: libcurl's multi_socket interface, libcurl-multi(3); RFC 9110
 *
 * libcurl keeps connections alive and shares them, follows redirects, honours http_proxy and friends, and
 * resolves names in a thread of its own. A server of an https URL has to prove its name, always. One transfer's trouble is never another's.
 */
#ifndef BLOBROOT_FETCH_H
#define BLOBROOT_FETCH_H

#include "fetch/fetch_limits.h"
#include "fetch/reply.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct counters;
struct credentials;
struct fetch;
struct fetch_transfer;
struct loop;

/* How a transfer ended. */
enum fetch_result {
	FETCH_DONE,    /* the body ended where the server said */
	FETCH_REFUSED, /* head or data of its owner said so */
	FETCH_TROUBLE, /* no connection, silence, a body cut short, .. */
	/* The server does not prove who it is, or wants from us what we do not have, or leads away from https. */
	FETCH_UNTRUSTED,
};

/* What data returns to end the transfer. */
#define FETCH_REFUSE SIZE_MAX

/* What a transfer calls. Called from the loop or from fetch_resume, never from fetch_begin or fetch_cancel. */
struct fetch_events {
	/* The headers of the last answer are in, redirects behind us. false ends the transfer: FETCH_REFUSED. */
	bool (*head)(void *arg, const struct reply *reply);
	/*
	 * Bytes of the body, in order, 1 to 256 KiB. Returns how many of them it took: after fewer than all
	 * nothing comes until fetch_resume, and then the rest first. FETCH_REFUSE ends the transfer.
	 */
	size_t (*data)(void *arg, const uint8_t *bytes, size_t len);
	/*
	 * The end, exactly once for each transfer that was begun and not cancelled; the transfer is freed
	 * after it. why says what went wrong, valid during the call; it is NULL for FETCH_DONE.
	 */
	void (*done)(void *arg, enum fetch_result result, const char *why);
};

/*
 * Counts into counters. Without credentials (NULL) no authority is trusted, and so no https server. Errors: -ENOMEM.
 * Owns: credentials must live as long; ended with fetch_close, which drops transfers without a done.
 */
int fetch_open(struct fetch **fetch_out, struct loop *loop, struct counters *counters,
	       const struct credentials *credentials);
void fetch_close(struct fetch *fetch);

/*
 * Asks url for bytes [off, off + len), len > 0; if_range (or NULL) is sent as If-Range. is_fresh: over a connection of
 * its own, after a new look at the name. Errors: -ENOMEM.
 * Owns: events, arg must live until done or cancel; url and if_range are copied.
 */
int fetch_begin(struct fetch *fetch, const char *url, uint64_t off, uint64_t len, const char *if_range,
		bool is_fresh, const struct fetch_events *events, void *arg,
		struct fetch_transfer **transfer_out);

/* Ends a transfer without a done. Never from inside its own events. */
void fetch_cancel(struct fetch_transfer *transfer);

/*
 * Goes on with a transfer whose data took less than it got: data runs from here, and done if it refuses. Never
 * from inside any transfer's head or data.
 */
void fetch_resume(struct fetch_transfer *transfer);

/*
 * A fresh connection works where one that was kept did not: the address may be another one, here or there. Connections
 * from before now are used no more.
 */
void fetch_distrust(struct fetch *fetch);

/* The URL that answered, after redirects: valid from head until done. */
const char *fetch_effective_url(const struct fetch_transfer *transfer);

#endif
