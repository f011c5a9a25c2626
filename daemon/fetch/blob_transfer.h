/* SPDX-License-Identifier: MIT */
/*
 * The transfer of one range of a blob: as many requests, to one mirror, as its server needs for it.
 *
 * Flow: blob asks, and passes each answer's head and end here: what is to be used of it, and what is asked next? Pure.
 * Process: engine
 * Source: RFC 9110 (14 ranges, 15.3.7 a part of what was asked, 15.5.17 a range that is not satisfiable)
 *
 * An answer of another version may be that of one of several servers behind the name: it asks again, at once. It goes
 * on behind a part of the range. If the blob turns out to be shorter than the range, it asks again for what
 * there is, or without a range where the server does not say how much that is.
 */
#ifndef BLOBROOT_BLOB_TRANSFER_H
#define BLOBROOT_BLOB_TRANSFER_H

#include "fetch/fetch.h"
#include "fetch/reply.h"

enum { BLOB_WHY_MAX = 640 };

struct blob;

/* How a transfer ended. */
enum blob_result {
	BLOB_DONE,
	BLOB_AGAIN,   /* a retry or another mirror may help: no connection, silence, 5xx, a truncated body */
	BLOB_WRONG,   /* all mirrors refuse: 404, .. */
	BLOB_DOUBTED, /* the same, but it may pass: a cache that is being filled sends whole files at first */
	BLOB_CHANGED, /* another version is published now, by several answers; never for a blob that is_proven */
	BLOB_REFUSED, /* the owner's data() returned FETCH_REFUSE */
};

struct blob_events {
	/* Bytes of the range, in order, never more than requested. Returns what fetch_events.data does. */
	size_t (*data)(void *arg, const uint8_t *bytes, size_t len);
	/* The end, exactly once unless cancelled. why is NULL for BLOB_DONE and BLOB_REFUSED. */
	void (*done)(void *arg, enum blob_result result, const char *why);
};

/* The transfer of one range; embedded in its owner. */
struct blob_transfer {
	struct blob *blob;
	struct fetch_transfer *transfer; /* NULL: not in progress */
	unsigned mirror;                 /* the one asked; valid after the end, too */
	uint64_t off, len, got;          /* len is lowered when the blob turns out to end before */
	struct reply_ask ask;            /* the request under way, or the last one */
	struct reply_part part;          /* what its answer promises, if it is good */
	struct reply reply;
	enum verdict verdict;
	struct version version; /* of the first good answer */
	bool has_version, has_size;
	unsigned repeats;       /* requests in a row without a byte */
	unsigned changes;       /* answers in a row with another version */
	bool is_small;          /* as the blob's is_whole */
	bool is_whole;          /* the next request names no range */
	unsigned target_number; /* it began where an earlier redirect led, to that target; 0: it did not */
	bool is_overlong;
	bool is_held; /* its owner paused it, so its rate says nothing about the server */
	uint64_t begun_ms;
	uint64_t waited_ms; /* for their turn (server.h): the sum of its requests that are over */
	bool has_first;     /* a byte has come .. */
	uint64_t first_ms;  /* .. after its mirror had been asked for so long: see blob_asked_ms */
	const struct blob_events *events;
	void *arg;
};

/* The offset of the next byte. */
uint64_t blob_transfer_at(const struct blob_transfer *get);

/*
 * Sets get->ask for a request of what is left of the range. known is what the mirror had before, if it is known; so is
 * size, if has_size.
 */
void blob_transfer_ask(struct blob_transfer *get, const struct version *known, bool has_size, uint64_t size,
		       bool is_proven);

/* Returns whether the body is of use. Then part and version are set. */
bool blob_transfer_take_head(struct blob_transfer *get, const struct reply *reply);

/*
 * The end of one request. Returns BLOB_DONE if all that its answer promised is here. *why is fetch's, and may be
 * replaced.
 */
enum blob_result blob_transfer_judge(struct blob_transfer *get, enum fetch_result ended, const char **why,
				     char *buf, size_t size);

/* Does the last answer's head refuse, and not for a while only, nor because the blob is shorter than the range? */
bool blob_transfer_is_refused(const struct blob_transfer *get);

/* Is there another request to make? result is of the last one. */
bool blob_transfer_goes_on(struct blob_transfer *get, enum blob_result result);

#endif
