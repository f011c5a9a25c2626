/* SPDX-License-Identifier: MIT */
/*
 * The kernel's read requests for one object: who waits for which blocks, and for how long.
 *
 * Flow: object_ask -> requests_add -> requests_served, requests_failed or the deadline -> the transport's answer_read.
 * Process: engine
 *
 * Invariant 1 (every kernel request is answered exactly once) is held here: a request enters the list once, and
 * requests_answer is the only way out.
 */
#ifndef BLOBROOT_REQUESTS_H
#define BLOBROOT_REQUESTS_H

#include "base/list.h"
#include "base/loop.h"
#include "serve/blockset.h"
#include "transport/transport.h"

#include <stdbool.h>

struct counters;

enum { REQUESTS_MAX = 4096 }; /* waiting, of all objects together; then the transport pauses */

/* What all objects' requests share. */
struct request_pool {
	struct loop *loop;
	const struct transport *transport;
	struct channel *channel;
	struct counters *counters;
	uint32_t timeout_s; /* 0: requests wait for ever */
	unsigned count;     /* waiting requests */
};

struct requests {
	struct request_pool *pool;
	int file;         /* the object's; the transport needs it for an answer */
	struct list list; /* oldest first */
	struct loop_timer deadline;
	/* A request has timed out; it is answered after this call. */
	void (*timed_out)(void *arg, uint64_t off, uint64_t end);
	void *arg;
};

void requests_init(struct requests *requests, struct request_pool *pool, int file,
		   void (*timed_out)(void *arg, uint64_t off, uint64_t end), void *arg);
/* Fails the requests that still wait. */
void requests_fini(struct requests *requests);

/* Answers the kernel. err 0: the bytes are in the file; -errno: they are not. */
void requests_answer(struct requests *requests, uint64_t id, int err);

/* Adds a request that waits for the blocks of [off, end). Shape: whole blocks. Errors: -ENOMEM. */
int requests_add(struct requests *requests, uint64_t id, uint64_t off, uint64_t end);

/* Blocks of [off, end) have arrived: answers each request that touches them and has all of its blocks. */
void requests_served(struct requests *requests, const struct blockset *present, uint64_t off, uint64_t end);
/* No bytes will come for [off, end): fails each request that overlaps it. */
void requests_failed(struct requests *requests, uint64_t off, uint64_t end, int err);

/* How far [off, end) is waited for: the last end of a request that touches it, at most end; 0: none. */
uint64_t requests_wanted_until(const struct requests *requests, uint64_t off, uint64_t end);
/* The first end of a request that touches [off, end), at most end: enough to answer that one; 0: none. */
uint64_t requests_wanted_first(const struct requests *requests, uint64_t off, uint64_t end);

/* The oldest request that waits; false: there is none. */
bool requests_oldest(const struct requests *requests, uint64_t *asked_ms_out, uint64_t *off_out,
		     uint64_t *len_out);

#endif
