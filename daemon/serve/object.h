/* SPDX-License-Identifier: MIT */
/*
 * An object: a blob as the kernel has it open, its cache file, and the requests and fetches under way for it.
 *
 * Flow: engine -> object_ask -> (holes) -> flight -> blob_get -> fill -> answer.
 * Process: engine
 *
 * Requests of the kernel wait in `pending`; extents on their way from the server are `flights`. No two
 * flights of an object overlap, so equal and overlapping requests share what is fetched. A request is
 * answered when its last block is in the cache file, whatever else its flights still bring in. A failed
 * flight that somebody waits for is tried again until the requests' time is up; one that nobody waits for is
 * dropped.
 *
 * Invariant 2 (no byte reaches the cache file before its hash chain ends in the root hash) is held in three places,
 * and nowhere else is anything written: flight.c:land, and adopt and give_marks here.
 *
 * Invariant 1 (every kernel request is answered exactly once) is held here: a request enters `pending` once,
 * and answer() is the only way out.
 */
#ifndef BLOBROOT_OBJECT_H
#define BLOBROOT_OBJECT_H

#include "fetch/blob.h"
#include "serve/blockset.h"
#include "base/loop.h"
#include "serve/readahead.h"
#include "transport/transport.h"

struct counters;
struct flight;
struct mark;
struct pending;
struct object;
struct tree;

enum {
	/* Bytes gathered for one write to the cache file, at most: of a long flight, and of any other. */
	FLIGHT_BUFFER = 256 * 1024,
	FLIGHT_SMALL_BUFFER = 64 * 1024,
	FLIGHTS_MAX = 48, /* on the wire at once, of all objects together */
	FLIGHT_SPLIT =
		256 * 1024,    /* a request this far behind a flight's position gets a flight of its own */
	PENDING_MAX = 4096,    /* kernel requests, of all objects together */
	SPARE_BUFFERS_MAX = 4, /* small ones, kept for the next flights */
	MARKS_MAX = READAHEAD_STREAMS, /* blocks kept back, of an object */
	FALSE_AGAIN_MS = 10000,        /* a block that stays false is reported once in this time */
};

/* What objects report; the engine says it on the console. */
enum object_news {
	OBJECT_TROUBLE,    /* fetches fail, and are tried again */
	OBJECT_RECOVERED,  /* they work again */
	OBJECT_CHANGED,    /* another version is on the server: reads of what is not here fail */
	OBJECT_TIMED_OUT,  /* a request's time was up */
	OBJECT_FALSE,      /* a block is wrong on every mirror: why names those that were asked */
	OBJECT_UNPROVEN,   /* the hashes of blocks are: why says which, and where they were asked for */
	OBJECT_STORE_FULL, /* a block could not be kept */
	OBJECT_STORE_FAILED,
	OBJECT_ALL_HERE, /* every block is in the cache file: [off, off + len) is the blob */
	OBJECT_NO_ROOM,  /* what nobody asked for is not fetched: len bytes, and why has the store's room */
};

/* What all objects share. The engine owns it. */
struct object_table {
	struct loop *loop;
	const struct transport_ops *ops;
	struct transport *transport;
	uint32_t timeout_s; /* 0: requests wait for ever */
	void (*news)(struct object *object, enum object_news news, uint64_t off, uint64_t len,
		     const char *why);

	unsigned flight_count;  /* on the wire */
	unsigned pending_count; /* requests not answered */
	struct flight *queue, *queue_end;
	uint8_t *spare_buffers[SPARE_BUFFERS_MAX];
	unsigned spare_count;
	struct counters *counters;
};

struct object {
	struct object_table *table;
	uint32_t id;
	transport_port port;
	struct blob *blob;
	bool owns_blob;
	struct tree *tree; /* what its blocks are proven by; NULL: nothing vouches for them */
	struct blockset present;
	struct readahead readahead;
	struct flight *flights;
	struct pending *pending, **pending_end;
	struct mark
		*marks; /* blocks kept back from the cache file, to see the reader come: see readahead.h */
	unsigned mark_count;
	struct loop_timer deadline;
	bool is_in_trouble, is_changed, is_store_bad;
	bool is_all_here, is_left_alone; /* has been said */
	uint64_t fetch_from_blk;         /* how far object_fetch_hole has come */
	bool is_adopted;                 /* what was in the cache file before us is known */
	uint8_t *head;
	size_t head_len;
	uint64_t trouble_ms;
	uint64_t false_off, false_ms; /* the block last reported as false, and when */
	struct object *next;          /* the engine's list */
};

/* Frees what the table keeps in reserve. After its last object was closed. */
void object_table_fini(struct object_table *table);

/*
 * An object for a blob whose size is known; takes over port, and blob if owns_blob. tree, which must outlive it,
 * vouches for the blob; NULL: nothing does. Errors: -ENOMEM,
 * -EFBIG; then port and blob are still the caller's. Owns: ended with object_close.
 */
int object_open(struct object_table *table, uint32_t id, transport_port port, struct blob *blob,
		bool owns_blob, struct tree *tree, struct object **object_out);

/* Ends it: flights are cancelled, and requests still pending are answered without their bytes. */
void object_close(struct object *object);

/*
 * The blob's first bytes, which came with the first contact. They are copied, and written to the cache file
 * at the first request; without memory for that they are fetched again.
 */
void object_give_head(struct object *object, const uint8_t *head, size_t head_len);

/* The kernel asks for [off, off + len). It is answered, at once or later. */
void object_ask(struct object *object, uint32_t request_id, uint64_t off, uint64_t len);

/*
 * Begins to fetch what is missing first, behind what such calls have been through, though nobody waits for it: most bytes
 * of it at most. Not before the first request, nor while fetches fail. Returns false when there is nothing to begin: all
 * is here, or on its way, or this way is at its end.
 */
bool object_fetch_hole(struct object *object, uint64_t most);
bool object_is_all_here(const struct object *object);
/* It is too large to be fetched for nobody: says so, once. Shape: room in bytes. */
void object_leave_alone(struct object *object, uint64_t room);

/* Has the block been reported as false a short while ago? Then who reads it again and again fills no console. */
bool object_is_known_false(const struct object *object, uint64_t off);

/* The oldest request still waiting: false if there is none. For the heartbeat on the console. */
bool object_oldest(const struct object *object, uint64_t *asked_ms_out, uint64_t *off_out, uint64_t *len_out);

#endif
