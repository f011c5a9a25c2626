/* SPDX-License-Identifier: MIT */
/*
 * HTTP range requests, many at once, on the event loop.
 *
 * Flow: blob starts transfers; head, data and done are called from the loop.
 * Process: engine
 * Source: libcurl's multi_socket interface, libcurl-multi(3); RFC 9110
 *
 * libcurl keeps connections alive and shares them, follows redirects, honours http_proxy and friends, and
 * resolves names in a thread of its own. The server of an https URL is always authenticated. A failed
 * transfer never affects another one.
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
	FETCH_DONE,    /* the body is complete */
	FETCH_REFUSED, /* the owner's head or data refused it */
	FETCH_TROUBLE, /* no connection, silence, a truncated body, .. */
	/* TLS failed for good (a bad certificate, a client certificate wanted, ..), or a redirect left https. */
	FETCH_UNTRUSTED,
};

/* What data returns to end the transfer. */
#define FETCH_REFUSE SIZE_MAX

/* A transfer's callbacks: called from the loop or from fetch_resume, never from fetch_begin or fetch_cancel. */
struct fetch_events {
	/* The headers of the last answer, after redirects, are complete. false ends the transfer: FETCH_REFUSED. */
	bool (*head)(void *arg, const struct reply *reply);
	/*
	 * Bytes of the body, in order, 1 to 256 KiB. Returns how many of them it took. If fewer than all, the
	 * transfer pauses until fetch_resume, which delivers the rest first. FETCH_REFUSE ends the transfer.
	 */
	size_t (*data)(void *arg, const uint8_t *bytes, size_t len);
	/*
	 * The end, exactly once for each transfer that was begun and not cancelled; the transfer is freed
	 * after it. why says what went wrong, valid during the call; it is NULL for FETCH_DONE.
	 */
	void (*done)(void *arg, enum fetch_result result, const char *why);
};

/*
 * Updates counters. Without credentials (NULL) no CA is trusted, and so no https server. Errors: -ENOMEM.
 * Owns: credentials must outlive it; the caller closes it with fetch_close, which drops transfers without a done.
 */
int fetch_open(struct fetch **fetch_out, struct loop *loop, struct counters *counters,
	       const struct credentials *credentials);
void fetch_close(struct fetch *fetch);

/* As len: all of it, asked for without a range. */
#define FETCH_WHOLE UINT64_MAX

/*
 * Requests bytes [off, off + len) of url, len > 0; if_range (or NULL) is sent as If-Range. is_fresh: use a
 * new connection, and resolve the name again. Errors: -ENOMEM.
 * Owns: events and arg must live until done or cancel; url and if_range are copied.
 */
int fetch_begin(struct fetch *fetch, const char *url, uint64_t off, uint64_t len, const char *if_range,
		bool is_fresh, const struct fetch_events *events, void *arg,
		struct fetch_transfer **transfer_out);

/* Ends a transfer without a done. Must not be called from any transfer's head or data, nor from its own done. */
void fetch_cancel(struct fetch_transfer *transfer);

/*
 * Resumes a transfer whose data took less than it got. Calls data, and done if that refuses. Must not be
 * called from any transfer's head or data.
 */
void fetch_resume(struct fetch_transfer *transfer);

/*
 * A new connection works where a kept one did not: our address, or the server's, may have changed. Stops the
 * reuse of all connections made before now.
 */
void fetch_distrust(struct fetch *fetch);

/*
 * Does it wait for its turn (server.h)? Then nothing has been sent. waited_ms: how long it has waited so far. wait_ms:
 * how long one from that URL would probably have to.
 */
bool fetch_is_waiting(const struct fetch_transfer *transfer);
uint64_t fetch_waited_ms(const struct fetch_transfer *transfer);
uint64_t fetch_wait_ms(const struct fetch *fetch, const char *url);

/* The URL that answered, after redirects: valid from head until done. */
const char *fetch_effective_url(const struct fetch_transfer *transfer);

#endif
