/* SPDX-License-Identifier: MIT */
/*
 * libcurl's multi handle on the event loop: its sockets and its timer.
 *
 * Flow: fetch adds transfers to `curl`; the loop drives them, and after each step `stepped` looks which are over.
 * Process: engine
 * Source: libcurl's multi_socket interface, libcurl-multi(3)
 *
 * libcurl must never make a transfer wait, because its caller could not tell that from a slow server: server.h bounds
 * how many there are.
 */
#ifndef BLOBROOT_MULTI_H
#define BLOBROOT_MULTI_H

#include "base/loop.h"

#include <curl/curl.h>

struct multi {
	CURLM *curl;
	struct loop *loop;
	struct loop_timer timer;
	void (*stepped)(void *arg);
	void *arg;
};

/* Errors: -ENOMEM. Owns: the caller closes it with multi_close after its last transfer. */
int multi_open(struct multi *multi, struct loop *loop, void (*stepped)(void *arg), void *arg);
void multi_close(struct multi *multi);

#endif
