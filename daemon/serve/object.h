/* SPDX-License-Identifier: MIT */
/*
 * An object: a blob that the kernel has open, with its store, its pending requests and its fetches.
 *
 * Flow: engine -> object_ask -> (what is missing?) -> flight -> race -> .. -> store -> answer.
 * Process: engine
 *
 * The kernel's requests wait in `requests`; each extent being fetched is a flight. Flights of an object never
 * overlap, so equal and overlapping requests share one fetch. A request is answered when its last block is in
 * the store, even if its flights still fetch more. A failed flight is retried until the requests that wait
 * for it time out; if none waits, it is dropped.
 */
#ifndef BLOBROOT_OBJECT_H
#define BLOBROOT_OBJECT_H

#include "base/list.h"
#include "serve/fill.h"
#include "serve/known_false.h"
#include "serve/object_table.h"
#include "serve/prefetch.h"
#include "serve/recorder.h"

struct object {
	struct object_table *table;
	uint64_t id;
	struct blob *blob;
	bool owns_blob;
	struct present present;
	struct requests requests;
	struct fill fill;
	bool is_in_trouble, is_changed, is_store_bad;
	bool has_said_whole, has_said_no_room; /* reported: OBJECT_ALL_HERE, OBJECT_NO_ROOM */
	bool has_said_two, has_said_wrong;     /* .. OBJECT_TWO_VERSIONS, OBJECT_STORE_WRONG */
	uint64_t trouble_ms;
	struct known_false known_false; /* news notes them */
	struct recorder recorder;       /* notes what is read first, if the engine has it do so */
	const struct profile *profile;  /* what earlier boots read; NULL: not known, or of no use any more */
	struct prefetch prefetch;
	struct list link; /* in the engine's list */
};

/*
 * Opens an object for a blob whose size is known. Takes ownership of file, and of blob if owns_blob. tree
 * proves the blob's blocks, and must outlive the object; NULL: nothing does. Errors: -ENOMEM, -EFBIG; file
 * and blob are still the caller's then. Owns: freed with object_close.
 */
int object_open(struct object_table *table, uint64_t id, int file, struct blob *blob, bool owns_blob,
		struct tree *tree, struct object **object_out);

/*
 * The disk has blocks of it from now on; an object with a file of the kernel's is that file. Shape: it has a tree; disk outlives the
 * object. NULL: there is no disk.
 */
void object_use_disk(struct object *object, struct disk_file *disk);

/* Frees it: flights are cancelled, and pending requests fail. */
void object_close(struct object *object);

/* See present_give_head; it is stored at the first request. */
void object_give_head(struct object *object, const uint8_t *head, size_t head_len);

/* Has what the profile lists fetched, from the first request on. Owns: profile must outlive the object. */
void object_use_profile(struct object *object, const struct profile *profile);
/* Begins with that, if there is one. Shape: it has not begun. */
void object_prefetch(struct object *object);
/* How long the window of a miss is to be at least, in bytes (readahead_miss). 0 unless it is a boot without a profile. */
uint64_t object_worth(const struct object *object);
/* Something of the memory that objects share may have become free: gives it back in a moment. */
void object_trim(struct object *object);

/* The kernel requests [off, off + len) for the thread reader (0: not known). It is answered now or later. */
void object_ask(struct object *object, uint64_t request_id, int reader, uint64_t off, uint64_t len);

/* As requests_interrupted, requests_each_interrupted and requests_abandon. */
bool object_interrupted(struct object *object, uint64_t request_id);
bool object_each_interrupted(const struct object *object,
			     void (*fn)(void *arg, uint64_t request_id, int reader), void *arg);
bool object_abandon(struct object *object, uint64_t request_id);

/*
 * Starts fetching the next hole after the last such call, at most `most` bytes, as background work. Not
 * before the first request, nor while the store fails or the server has another version. Returns false in
 * these cases, when out of memory, or when there is no further hole.
 */
bool object_fetch_hole(struct object *object, uint64_t most);
/* Is every block in the store, to stay? */
bool object_is_whole(const struct object *object);
/* Reports, once, that it is not fetched in the background: it does not fit. Shape: room in bytes. */
void object_leave_alone(struct object *object, uint64_t room);

/* The oldest request that waits; false: there is none. For the heartbeat on the console. */
bool object_oldest(const struct object *object, uint64_t *asked_ms_out, uint64_t *off_out, uint64_t *len_out);

#endif
