/* SPDX-License-Identifier: MIT */
/*
 * Objects on a fake loop, a fake fetch and a fake transport: what the tests of object and flight stand on.
 *
 * Flow: rig_open, rig_object, rig_ask.., the test plays server and clock, rig_close.
 * Process: tests
 */
#ifndef BLOBROOT_RIG_H
#define BLOBROOT_RIG_H

#include "base/counters.h"
#include "fake_fetch.h"
#include "fake_loop.h"
#include "fake_transport.h"
#include "serve/object.h"

#define RIG_URL  "http://server/image"
#define RIG_ETAG "\"one\""

struct rig {
	struct loop *loop;
	struct fetch *fetch;
	struct channel *transport; /* the fake one */
	struct object_table table;
	void *kept_region;
	struct disk_file *disk; /* of the objects of rig_tree; NULL: none */
	struct counters counters;
	unsigned news[OBJECT_NO_ROOM + 1]; /* how often each came */
	char why[512];                     /* with the last of them */
};

/* timeout_s as in rd.blob.timeout=. Shape: one rig at a time. */
void rig_open(struct rig *rig, uint32_t timeout_s);
/*
 * Objects have no files from now on, and their blocks are in memory of that size: before the first object. Shape: for
 * programs of unit_rig_memory.
 */
void rig_use_memory(struct rig *rig, uint64_t size);
/* .. and as many of them as have room in size bytes are kept. */
void rig_keep(struct rig *rig, uint64_t size);
/* Requires that every request has been answered, and that nothing is left on the wire or on the clock. */
void rig_close(struct rig *rig);

/* An object of a known blob of that size, with a file of its own. Owns: ended with object_close. */
struct object *rig_object(struct rig *rig, uint64_t size);
/* The same blob, after object_close. */
struct object *rig_object_again(struct rig *rig, uint64_t id, uint64_t size);

/* The kernel asks; returns the request's id. */
uint32_t rig_ask(struct rig *rig, struct object *object, uint64_t off, uint64_t len);

/* Has the nth transfer on the wire answered as it should be. */
void rig_serve(struct rig *rig, unsigned n, struct object *object);
/* Serves all transfers of one object, also those that only begin then; moves the clock where they pause. */
void rig_serve_all(struct rig *rig, struct object *object);

/* The same without the clock, but for what is due at once. */
void rig_serve_now(struct rig *rig, struct object *object);

/* Numbers below a bound, the same for each seed. */
void rig_seed(uint32_t seed);
uint32_t rig_draw(uint32_t below);

/* How a request stands. */
enum rig_state { RIG_WAITS, RIG_SERVED, RIG_FAILED };
enum rig_state rig_state(const struct rig *rig, uint32_t id);

#endif
