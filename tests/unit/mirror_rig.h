/* SPDX-License-Identifier: MIT */
/*
 * A blob with mirrors on a fake loop and a fake fetch, and one transfer of it.
 *
 * Flow: mirror_rig_begin, the test asks and plays servers and clock, mirror_rig_end.
 * Process: tests
 */
#ifndef BLOBROOT_MIRROR_RIG_H
#define BLOBROOT_MIRROR_RIG_H

#include "fake_fetch.h"
#include "fake_loop.h"
#include "fetch/blob.h"

extern struct mirror_rig {
	struct fetch *fetch;
	struct loop *loop;
	struct blob blob;
	struct blob_transfer get;
	unsigned dones;
	enum blob_result result;
	char why[BLOB_WHY_MAX];
} mirror_rig;

void mirror_rig_begin(unsigned mirrors, bool is_proven);
void mirror_rig_end(void);

/* Begins the transfer. Returns what is on the wire for it. */
struct fetch_transfer *mirror_rig_get(uint64_t off, uint64_t len, uint32_t avoid);
/* The mirror that it went to. */
unsigned mirror_rig_who(const struct fetch_transfer *transfer);

/* Asks, and gets a right answer. Returns which mirror was asked. */
unsigned mirror_rig_ask(uint32_t avoid);
/* Asks, and gets this status. Returns what came of it, 30 ms later. */
enum blob_result mirror_rig_status(int code);

/* All mirrors answer at once and fast, but for one, with this time to the first byte and this rate: see pace.h. */
void mirror_rig_pace_all(unsigned slow, uint32_t first_ms, uint32_t rate);

#endif
