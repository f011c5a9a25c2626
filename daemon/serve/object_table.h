/* SPDX-License-Identifier: MIT */
/*
 * What all objects share: the requests that wait, the slots for flights, the memory for blocks.
 *
 * Flow: engine_run makes it; each object is opened with it.
 * Process: engine
 */
#ifndef BLOBROOT_OBJECT_TABLE_H
#define BLOBROOT_OBJECT_TABLE_H

#include "base/loop.h"
#include "serve/flight_pool.h"
#include "serve/requests.h"
#include "store/kept.h"
#include "store/memory.h"

struct object;

enum {
	OBJECT_TRIM_MS = 1000,
};

/* What objects report; the engine prints it on the console. */
enum object_news {
	OBJECT_TROUBLE,      /* fetches fail, and are retried */
	OBJECT_RECOVERED,    /* they work again */
	OBJECT_CHANGED,      /* the server has another version: reads of missing blocks fail */
	OBJECT_TWO_VERSIONS, /* some answers are of another version, and not used: once */
	OBJECT_TIMED_OUT,    /* a request timed out */
	OBJECT_FALSE,        /* a block is wrong on every mirror: why names those that were asked */
	OBJECT_UNPROVEN,     /* hashes are wrong on every mirror: why says which, and names those asked */
	OBJECT_STORE_FULL,   /* no room for a block */
	OBJECT_STORE_FAILED,
	OBJECT_STORE_WRONG, /* the disk's block at off is not what it was: once */
	OBJECT_ALL_HERE,    /* every block is in the store: [off, off + len) is the blob */
	OBJECT_PREFETCHED,  /* nothing is prefetched any more; why: how much of it was read */
	OBJECT_NO_ROOM,     /* no background fetch: the blob has len bytes; why: the store's room */
};

/* The engine owns it. */
struct object_table {
	struct request_pool requests;
	struct flight_pool flights;
	struct memory *memory;  /* of the stores, where the transport has no files; else NULL */
	struct kept *kept;      /* .. and blocks are kept for good; else NULL */
	bool is_exact;          /* nothing is read ahead, so that the record says what was read */
	struct loop_timer trim; /* gives back of it what is not used for OBJECT_TRIM_MS */
	void (*news)(struct object *object, enum object_news news, uint64_t off, uint64_t len,
		     const char *why);
};

/* Shape: the caller sets requests.transport, requests.channel and news. */
void object_table_init(struct object_table *table, struct loop *loop, struct counters *counters,
		       uint32_t timeout_s);
/* Blocks are kept in memory, size bytes at most: the transport has no files. Errors: -ENOMEM. */
int object_table_use_memory(struct object_table *table, uint64_t size);
/* In addition blocks are kept for good, as many as region has room for: as kept_open. */
int object_table_keep(struct object_table *table, void *region, uint64_t size);
/* Frees buffers and memory; what is kept stays. Call it after the last object is closed. */
void object_table_fini(struct object_table *table);

#endif
