/* SPDX-License-Identifier: MIT */
/*
 * A tree on a fake loop and a fake fetch, with mirrors, and some who wait for hashes.
 *
 * Flow: tree_rig_begin, tree_rig_await.., the test answers, tree_rig_end.
 * Process: tests
 *
 * Of 300 blocks hash block 0 is the top, 1 to 3 the leaves over 0-127, 128-255, 256-299. Of 20000 there are three
 * levels: 0, then 1 and 2, then the leaves from 3 on.
 */
#ifndef BLOBROOT_TREE_RIG_H
#define BLOBROOT_TREE_RIG_H

#include "base/counters.h"
#include "fake_loop.h"
#include "fake_tree.h"
#include "trust/tree.h"

enum { TREE_RIG_WAITERS = 4 };

/* Somebody who waits; on the heap, so that use after its end shows. */
struct tree_waiter {
	struct tree_wait wait;
	unsigned came, troubles, lost;
	uint64_t lost_begin, lost_end; /* blocks */
	char why[1024];
	enum {
		WAITER_STAYS,
		WAITER_ENDS_WHEN_LOST, /* at first */
		WAITER_ENDS_ALL,       /* all waits, at any event */
		WAITER_BEGINS_AGAIN,   /* at the next event */
	} manner;
};

/* One at a time. */
struct tree_rig {
	struct loop *loop;
	struct fetch *fetch;
	struct blob blob;
	struct fake_tree fake;
	struct tree *tree;
	struct counters counters;
	struct tree_waiter *waiters[TREE_RIG_WAITERS];
};
extern struct tree_rig tree_rig;

void tree_rig_begin(uint64_t blocks, unsigned mirrors);
/* With a tree as of fake_tree_build_but. */
void tree_rig_begin_but(uint64_t blocks, unsigned mirrors, unsigned wrong_level, uint64_t wrong_at);
/* Ends what still waits. Requires that nothing is left on the wire or the clock. */
void tree_rig_end(void);

/* Waiter i waits for the hashes of data blocks [begin, end); it is made when it is not there. */
struct tree_waiter *tree_rig_await(unsigned i, uint64_t begin, uint64_t end);
void tree_rig_end_wait(unsigned i);

struct fetch_transfer *tree_rig_at(unsigned n);
unsigned tree_rig_flying(void);
/* Which transfer on the wire asks for that hash block? */
struct fetch_transfer *tree_rig_for_block(uint64_t hash_block);
/* Has the transfer with that hash block answered rightly, or with a lie about it. */
void tree_rig_serve(uint64_t hash_block);
void tree_rig_lie(uint64_t hash_block, enum fake_lie how);
void tree_rig_serve_all(void);

void tree_rig_nothing_is_left(void);
/* What the tree says of one of the image's blocks, as it is or with a byte of it changed. */
enum hashes_verdict tree_rig_check(uint64_t block, bool is_right);

#endif
