/* SPDX-License-Identifier: MIT */
/*
 * Mirrors that are not asked are tried now and then, so that the best one is known, and is returned to when it recovers.
 *
 * Flow: blob, at each transfer -> probe_consider -> the blob's first bytes from another mirror, thrown away.
 * Process: engine
 *
 * At most one request in PROBE_REQUESTS is a probe, and at most one in PROBE_LEAST_MS goes to a mirror, doubling to
 * PROBE_MOST_MS as long as it is not chosen: with 64 KiB each that is 6 % of the requests of a boot at most and 2 KiB/s
 * a mirror later. The first round comes at once, for a boot is soon over; but not to mirrors that an engine before has
 * come to know. A host that reads nothing probes nothing.
 */
#ifndef BLOBROOT_PROBE_H
#define BLOBROOT_PROBE_H

#include "fetch/blob.h"

enum {
	PROBE_BYTES = 64 * 1024,
	PROBE_REQUESTS = 16,
	PROBE_LEAST_MS = 2000,
	PROBE_MOST_MS = 32000,
	PROBE_PATIENCE_MS = 2000, /* one that takes longer is ended, and has told enough */
};

struct probe {
	struct blob *blob;
	struct blob_transfer get;
	unsigned requests; /* of others, since the last one */
	uint64_t due_ms[MIRROR_COUNT_MAX];
	uint32_t pause_ms[MIRROR_COUNT_MAX]; /* 0: never tried */
};

/* Errors: -ENOMEM. Owns: ended with probe_close, which NULL does no harm. */
int probe_open(struct probe **probe_out, struct blob *blob);
void probe_close(struct probe *probe);

/* The blob asks that mirror for something: is it time to see how another one does? */
void probe_consider(struct probe *probe, unsigned asked);

#endif
