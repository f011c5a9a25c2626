/* SPDX-License-Identifier: MIT */
/*
 * The kernel's read requests for one object: who waits for which blocks, and for how long.
 *
 * Flow: object_ask -> requests_add -> requests_served, requests_failed, requests_abandon or the deadline -> the
 * transport's answer_read.
 * Process: engine
 *
 * Invariant 1 (every kernel request is answered exactly once) is held here: a request enters the list once, and
 * requests_serve and requests_refuse are the only ways out.
 *
 * Blocks that a request waits for must stay in the store until all of them are there. Where that is memory of a limited
 * size, requests beyond half of it are parked: nothing is fetched for them, until others are answered.
 */
#ifndef BLOBROOT_REQUESTS_H
#define BLOBROOT_REQUESTS_H

#include "base/list.h"
#include "base/loop.h"
#include "store/blockset.h"
#include "serve/outage.h"
#include "transport/transport.h"

#include <stdbool.h>
#include <sys/uio.h>

struct counters;

enum {
	REQUESTS_MAX = 4096, /* waiting, of all objects together; then the transport pauses */
	REQUESTS_PIECES_MAX =
		512 /* pieces of memory in one answer: blocks of the largest request, and some */
};

/* What all objects' requests share. */
struct request_pool {
	struct loop *loop;
	const struct transport *transport;
	struct channel *channel;
	struct counters *counters;
	uint32_t timeout_s; /* 0: requests wait for ever */
	unsigned count;     /* waiting requests */
	uint64_t room;      /* bytes of those that are not parked, at most; 0: any number */
	uint64_t admitted;  /* the same, now */
	struct list parked; /* oldest first */
	struct loop_timer admit;
	struct outage outage;
};

struct requests_events {
	/* A request has timed out; it is answered after this call. */
	void (*timed_out)(void *arg, uint64_t off, uint64_t end);
	/* A request that was parked: its blocks have to be fetched, or are here. */
	void (*admitted)(void *arg, uint64_t off, uint64_t end);
	/* Where the bytes of [off, end) are, for the transport. Returns how many pieces; 0: the transport needs none. */
	unsigned (*bytes)(void *arg, uint64_t off, uint64_t end,
			  struct iovec pieces_out[REQUESTS_PIECES_MAX]);
	/* A request that waited since asked_ms is answered with its bytes after this call. Whole blocks. */
	void (*served)(void *arg, uint64_t off, uint64_t end, uint64_t asked_ms);
	/* The kernel has these bytes, and no request waits for one of them. */
	void (*taken)(void *arg, uint64_t off, uint64_t end);
};

struct requests {
	struct request_pool *pool;
	int file;         /* the object's, for transports that have files */
	struct list list; /* oldest first */
	struct loop_timer deadline;
	const struct requests_events *events;
	void *arg;
};

/* Shape: the caller sets transport, channel and room. */
void requests_init_pool(struct request_pool *pool, struct loop *loop, struct counters *counters,
			uint32_t timeout_s);

void requests_init(struct requests *requests, struct request_pool *pool, int file,
		   const struct requests_events *events, void *arg);
/* Fails the requests that still wait. */
void requests_fini(struct requests *requests);

/* Answers with the bytes of [off, end), which are here. */
void requests_serve(struct requests *requests, uint64_t id, uint64_t off, uint64_t end);
/* Answers with an error: -errno. */
void requests_refuse(struct requests *requests, uint64_t id, int err);

/*
 * Adds a request that waits for the bytes of [off, end). reader: as in object_ask. Returns 1 if it is parked.
 * Errors: -ENOMEM; -ETIMEDOUT: the reader has waited long enough for a server that sends nothing.
 */
int requests_add(struct requests *requests, uint64_t id, int reader, uint64_t off, uint64_t end);

/* Blocks of [off, end) have arrived: answers each request that touches them and has all of its blocks. */
void requests_served(struct requests *requests, const struct blockset *present, uint64_t off, uint64_t end);
/* No bytes will come for [off, end): fails each request that overlaps it. */
void requests_failed(struct requests *requests, uint64_t off, uint64_t end, int err);
/* The reader of this request got a signal. Returns false if it does not wait here. */
bool requests_interrupted(struct requests *requests, uint64_t id);
/* Calls fn for each such request; it must not answer one. Returns false if there is none. */
bool requests_each_interrupted(const struct requests *requests,
			       void (*fn)(void *arg, uint64_t id, int reader), void *arg);
/* The reader of this request is being killed: answers it with EINTR. Returns false if it does not wait here. */
bool requests_abandon(struct requests *requests, uint64_t id);

/* How far [off, end) is waited for: the last end of a request that touches it, at most end; 0: none. Whole blocks. */
uint64_t requests_wanted_until(const struct requests *requests, uint64_t off, uint64_t end);
/* The first end of a request that touches [off, end), at most end: enough to answer that one; 0: none. */
uint64_t requests_wanted_first(const struct requests *requests, uint64_t off, uint64_t end);

/* The range of the first waiting request that ends behind from, in whole blocks; false: there is none. */
bool requests_next(const struct requests *requests, uint64_t from, uint64_t *off_out, uint64_t *end_out);

/* The oldest request that waits; false: there is none. */
bool requests_oldest(const struct requests *requests, uint64_t *asked_ms_out, uint64_t *off_out,
		     uint64_t *len_out);

#endif
