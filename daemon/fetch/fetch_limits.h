/* SPDX-License-Identifier: MIT */
/*
 * Limits of transfers: time-outs and counts.
 *
 * Flow: fetch enforces them, fetch_explain names them.
 * Process: engine
 */
#ifndef BLOBROOT_FETCH_LIMITS_H
#define BLOBROOT_FETCH_LIMITS_H

enum {
	FETCH_CONNECT_MS = 10000, /* a connection that takes longer counts as failed */
	FETCH_SILENCE_S = 10,     /* so does a transfer that moves no byte for this long */
	FETCH_NAME_S = 60,        /* how long a resolved address is cached .. */
	FETCH_DOUBTED_NAME_S = 1, /* .. and while connections fail: not 0, to limit the queries */
	FETCH_DOUBT_MS = 60000,   /* how long that lasts after a failed one */
	FETCH_REDIRECTS = 8,
	FETCH_REDIRECT_BODY = 256 * 1024, /* of one redirect: it is read and dropped */
	FETCH_KEPT_CONNECTIONS = 64,      /* idle ones; server.h bounds those in use */
};

#endif
