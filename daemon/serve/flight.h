/* SPDX-License-Identifier: MIT */
/*
 * A flight: one extent of an object on its way from the server to the cache file.
 *
 * Flow: object begins flights for the holes of requests; each landed stretch of whole blocks goes to the
 * cache file and is told to the object. Process: engine
 */
#ifndef BLOBROOT_FLIGHT_H
#define BLOBROOT_FLIGHT_H

#include "serve/object.h"
#include "fetch/race.h"
#include "trust/tree.h"

enum flight_state { FLIGHT_QUEUED, FLIGHT_FLYING, FLIGHT_PAUSING };

struct flight {
	struct object *object;
	enum flight_state state;
	uint64_t off, end;  /* what is still to be written; off is a multiple of BLOCK_SIZE, end too or the
			      blob's end */
	uint64_t asked_end; /* what is asked for now ends here, at end or before */
	uint8_t *buf;       /* while flying */
	size_t buf_size;    /* FLIGHT_BUFFER or FLIGHT_SMALL_BUFFER */
	size_t buffered;    /* bytes in buf: they belong at off */
	unsigned attempts;  /* failures in a row without a byte between them */
	unsigned changes;   /* answers of another version */
	uint32_t liars;     /* mirrors whose block at off was wrong */
	uint32_t avoid;     /* those of them that have not been passed over for long enough */
	unsigned lies;      /* how often it was wrong */
	unsigned astray;    /* wrong blocks since one was right that was not asked for alone */
	uint64_t right;     /* proven bytes since a mirror was praised for them */
	struct race race;
	uint64_t seam; /* bytes of buf before here came from mirror `before` */
	unsigned before;
	struct tree_wait hashes; /* while flying, where there is a hash tree */
	bool is_paused;          /* the buffer is full of blocks that wait for their hashes */
	bool is_arrived;         /* so are the last blocks, and the transfer is over */
	struct loop_timer retry;
	struct flight *next;       /* of the object */
	struct flight *queue_next; /* of the table, while queued */
	int land_error;
};

/* Fetches [off, end) of the object, now or when a place on the wire is free. Errors: -ENOMEM. */
int flight_begin(struct object *object, uint64_t off, uint64_t end);

/* Ends it, whatever its state, and frees it. Never from inside its own data event. */
void flight_end(struct flight *flight);

/* What the object does when a flight moved or ended; object.c has them. */
/*
 * The first block of [off, end) that is kept back from the cache file, UINT64_MAX if none is; bytes_out is
 * where its BLOCK_SIZE bytes go.
 */
uint64_t object_kept_back(struct object *object, uint64_t off, uint64_t end, uint8_t **bytes_out);
void object_landed(struct object *object, uint64_t off, uint64_t end);
/* How far somebody waits for the flight's bytes: 0 if nobody does, else the end of the last request in it. */
uint64_t object_wanted_until(const struct object *object, uint64_t off, uint64_t end);
/* How many of the flight's bytes are enough to answer somebody: the smallest request end in (off, end]. */
uint64_t object_wanted_first(const struct object *object, uint64_t off, uint64_t end);
/* No bytes will come for [off, end): answer who waits for them. */
void object_lost(struct object *object, uint64_t off, uint64_t end);

#endif
