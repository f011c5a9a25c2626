/* SPDX-License-Identifier: MIT */
/*
 * Gets the missing blocks of an object: those that a request waits for, those ahead of a reader, or any that nobody has asked
 * for yet.
 *
 * Flow: object says what is wanted -> present (what is missing?) -> a read of what the disk has, a flight for each other hole.
 * Process: engine
 *
 * Flights of an object never overlap, nor do its reads, so equal and overlapping requests share one.
 */
#ifndef BLOBROOT_FILL_H
#define BLOBROOT_FILL_H

#include "serve/flight.h"
#include "serve/present.h"
#include "serve/readahead.h"
#include "serve/requests.h"
#include "serve/reread.h"

enum {
	/* A request this far ahead of a flight's position gets a flight of its own. */
	FILL_SPLIT = FLIGHT_BUFFER,
};

/* Embedded in an object. */
struct fill {
	struct present *present;
	struct requests *requests;
	struct flight_owner flights;
	struct reread_owner rereads;
	struct readahead readahead;
	bool is_careful;   /* fetches fail, or find no room: nothing is fetched ahead */
	uint64_t next_blk; /* where fill_hole continues */
};

/* Shape: present and requests must outlive it; the caller has initialised flights and rereads. room: as in struct readahead. */
void fill_init(struct fill *fill, struct present *present, struct requests *requests, uint64_t room);
/* Ends its flights and reads. */
void fill_fini(struct fill *fill);

/*
 * Gets what is missing of [off, end) for a request that waits, which fails if there is no memory for that. worth: as for
 * readahead_miss. *apart_out: the window
 * to get ahead of it afterwards, by fill_ahead; left as it is if there is none. Whole blocks.
 */
void fill_request(struct fill *fill, uint64_t off, uint64_t end, uint64_t worth,
		  struct readahead_window *apart_out);

/* Gets what is missing of a window that nobody waits for yet. */
void fill_ahead(struct fill *fill, struct readahead_window window);

/*
 * Gets what is missing of [off, end) as a profile wants it. has_trigger: its first block becomes one, unless somebody waits for it.
 * Nothing happens while fetches fail. Returns whether its first block is a trigger now. Whole blocks.
 */
bool fill_prefetch(struct fill *fill, uint64_t off, uint64_t end, bool has_trigger);

/* What is being fetched or read from the disk now, for whomever: how many flights and reads, and bytes. */
void fill_count(const struct fill *fill, unsigned *count_out, uint64_t *bytes_out);

/* Is the block at off here, or on its way? */
bool fill_has(const struct fill *fill, uint64_t off);

/* The reader has reached the trigger at off: gets the next window. */
void fill_reached(struct fill *fill, uint64_t off);

/* The disk does not have [off, end) after all: gets what is waited for. */
void fill_missed(struct fill *fill, uint64_t off, uint64_t end);

/* The disk can be read again, or there is one now: what requests wait for is read, though flights are after it, too. */
void fill_from_disk(struct fill *fill);

/* Begins to get the next hole after the last such call, at most `most` bytes. Returns false if there is none, or no memory. */
bool fill_hole(struct fill *fill, uint64_t most);

#endif
