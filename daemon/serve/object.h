/* SPDX-License-Identifier: MIT */
/*
 * An object: a blob as the kernel has it open, its store, and the requests and fetches under way for it.
 *
 * Flow: engine -> object_ask -> (what is missing?) -> flight -> race -> .. -> store -> answer.
 * Process: engine
 *
 * The kernel's requests wait in `requests`; extents on their way from the servers are flights. No two flights of an
 * object overlap, so equal and overlapping requests share what is fetched. A request is answered when its last block is
 * in the store, whatever else its flights still bring in. A failed flight that somebody waits for is tried again until
 * the requests' time is up; one that nobody waits for is dropped.
 */
#ifndef BLOBROOT_OBJECT_H
#define BLOBROOT_OBJECT_H

#include "base/list.h"
#include "serve/flight.h"
#include "serve/present.h"
#include "serve/readahead.h"
#include "serve/requests.h"

struct object;

enum {
	OBJECT_SPLIT =
		FLIGHT_BUFFER, /* a request this far behind a flight's position gets a flight of its own */
	OBJECT_FALSE_AGAIN_MS = 10000, /* a block that stays false is reported once in this time */
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
	OBJECT_ALL_HERE, /* every block is in the store: [off, off + len) is the blob */
	OBJECT_NO_ROOM,  /* what nobody asked for is not fetched: len bytes, and why has the store's room */
};

/* What all objects share. The engine owns it. */
struct object_table {
	struct request_pool requests;
	struct flight_pool flights;
	void (*news)(struct object *object, enum object_news news, uint64_t off, uint64_t len,
		     const char *why);
};

struct object {
	struct object_table *table;
	uint64_t id;
	struct blob *blob;
	bool owns_blob;
	struct present present;
	struct requests requests;
	struct flight_owner flights;
	struct readahead readahead;
	uint64_t fetch_from_blk; /* how far object_fetch_hole has come */
	bool is_in_trouble, is_changed, is_store_bad;
	bool has_said_whole, has_said_no_room; /* OBJECT_ALL_HERE, OBJECT_NO_ROOM */
	uint64_t trouble_ms;
	uint64_t false_off, false_ms; /* the block last reported as false, and when */
	struct list link;             /* of the engine's */
};

/* Shape: requests.transport and .channel are the caller's to set, and news. */
void object_table_init(struct object_table *table, struct loop *loop, struct counters *counters,
		       uint32_t timeout_s);
/* Frees what the table keeps in reserve. After its last object was closed. */
void object_table_fini(struct object_table *table);

/*
 * An object for a blob whose size is known; takes over file, and blob if owns_blob. tree, which must outlive it,
 * vouches for the blob; NULL: nothing does. Errors: -ENOMEM, -EFBIG; then file and blob are still the caller's.
 * Owns: ended with object_close.
 */
int object_open(struct object_table *table, uint64_t id, int file, struct blob *blob, bool owns_blob,
		struct tree *tree, struct object **object_out);

/* Ends it: flights are cancelled, and requests still pending are answered without their bytes. */
void object_close(struct object *object);

/* See present_give_head; kept at the first request. */
void object_give_head(struct object *object, const uint8_t *head, size_t head_len);

/* The kernel asks for [off, off + len). It is answered, at once or later. */
void object_ask(struct object *object, uint64_t request_id, uint64_t off, uint64_t len);

/*
 * Starts fetching the next hole behind the last such call, at most `most` bytes of it, as background work. Not before the
 * first request, nor while the store or the server fails. Returns false when there is nothing to start: all is here, or on
 * its way, or the end was reached.
 */
bool object_fetch_hole(struct object *object, uint64_t most);
/* Is every block in the store? */
bool object_is_whole(const struct object *object);
/* It is too large to be fetched for nobody: says so, once. Shape: room in bytes. */
void object_leave_alone(struct object *object, uint64_t room);

/* Has the block been reported as false a short while ago? Then who reads it again and again fills no console. */
bool object_is_known_false(const struct object *object, uint64_t off);

/* The oldest request still waiting: false if there is none. For the heartbeat on the console. */
bool object_oldest(const struct object *object, uint64_t *asked_ms_out, uint64_t *off_out, uint64_t *len_out);

#endif
