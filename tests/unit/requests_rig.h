/* SPDX-License-Identifier: MIT */
/*
 * Requests for one blob of 1000 blocks, on a fake loop and a fake transport.
 *
 * Flow: requests_rig_begin, requests_rig_add.., the test says what comes, requests_rig_end.
 * Process: tests
 */
#ifndef BLOBROOT_REQUESTS_RIG_H
#define BLOBROOT_REQUESTS_RIG_H

#include "base/counters.h"
#include "fake_transport.h"
#include "serve/requests.h"

enum { REQUESTS_RIG_BLOCKS = 1000 };

struct requests_rig {
	struct counters counters;
	struct channel *channel; /* the fake transport */
	struct request_pool pool;
	struct requests requests;
	struct blockset present;
	bool are_bytes_lost; /* the test says: the store does not have them any more */
	/* What was reported: how often, and the last of them. */
	unsigned timed_out, admitted, served;
	uint64_t timed_out_off, timed_out_end, admitted_off, admitted_end, served_asked_ms;
	unsigned taken_at[REQUESTS_RIG_BLOCKS]; /* how often each block was taken */
};

extern struct requests_rig rig;

/* timeout_s as in rd.blob.timeout=. */
void requests_rig_begin(uint32_t timeout_s);
/* The same for a store in memory, with room for so many blocks that are waited for. */
void requests_rig_begin_with_room(uint32_t timeout_s, uint64_t blocks);
/* Fails those that wait, and requires that nothing is left. */
void requests_rig_end(void);

/* Those of another object, in the same pool. Owns: requests_fini. */
void requests_rig_init_more(struct requests *requests);

/* A request for [off, until), which must be parked, or not. Returns its id. */
uint32_t requests_rig_add_bytes(uint64_t off, uint64_t until, bool is_parked);
/* The same for blocks. */
uint32_t requests_rig_add(uint64_t first, uint64_t last);
uint32_t requests_rig_park(uint64_t first, uint64_t last);
/* The same for one block, which this reader (as in object_ask) asks for, and has to wait for. */
uint32_t requests_rig_add_for(int reader, uint64_t block);

/* Blocks are here; those who wait for them are told, too. */
void requests_rig_keep(uint64_t first, uint64_t last);
void requests_rig_serve(uint64_t first, uint64_t last);

bool requests_rig_is_answered(uint32_t id);

#endif
