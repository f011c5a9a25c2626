/* SPDX-License-Identifier: MIT */
/*
 * How long a transfer may take, and how many there may be.
 *
 * Flow: fetch keeps to them, fetch_explain names them.
 * Process: engine
 */
#ifndef BLOBROOT_FETCH_LIMITS_H
#define BLOBROOT_FETCH_LIMITS_H

enum {
	FETCH_CONNECT_MS = 10000, /* a connection that takes longer counts as failed */
	FETCH_SILENCE_S = 10,     /* so does a transfer that moves no byte for this long */
	FETCH_NAME_S = 60,        /* how long an address is good for a name .. */
	FETCH_DOUBTED_NAME_S =
		1, /* .. and while connections fail, so that the name is not asked for without end */
	FETCH_DOUBT_MS = 60000, /* this long after one has */
	FETCH_REDIRECTS = 8,
	FETCH_CONNECTIONS = 64,
};

#endif
