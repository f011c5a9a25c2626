/* SPDX-License-Identifier: MIT */
/*
 * One race between mirrors on a fake loop and a fake fetch. Its owner keeps whole blocks, as a flight does.
 *
 * Flow: race_rig_begin, the test plays servers and clock, race_rig_end.
 * Process: tests
 */
#ifndef BLOBROOT_RACE_RIG_H
#define BLOBROOT_RACE_RIG_H

#include "fake_fetch.h"
#include "fake_loop.h"
#include "fetch/race.h"

enum { RACE_RIG_SIZE = 1000000, RACE_RIG_LEN = 400000, RACE_RIG_BLOCK = 4096 };

extern struct race_rig {
	struct fetch *fetch;
	struct loop *loop;
	struct blob blob;
	struct race *race; /* on the heap: use after its end shows */
	uint64_t at;       /* the next byte that it wants */
	uint64_t end;
	bool is_wanted, is_deaf;
	unsigned turns, dones;
	enum blob_result result;
	char why[BLOB_WHY_MAX];
} race_rig;

void race_rig_begin(unsigned mirrors);
/* Nothing may be left on the wire or on the clock. */
void race_rig_end(unsigned dones);
/* The owner has no more use for it. */
void race_rig_drop(void);

unsigned race_rig_flying(void);
/* The nth on the wire: 0 leads, until a rival has won and the loser is swept away. */
struct fetch_transfer *race_rig_attempt(unsigned n);
char race_rig_mirror(unsigned n);
void race_rig_head(unsigned n);
void race_rig_serve(unsigned n);

/* Goes on until the first transfer has stalled: patience for another mirror, or for the same one. */
void race_rig_stall(void);

#endif
