/* SPDX-License-Identifier: MIT */
/*
 * Mirrors that are not asked are tried now and then, so that the best one is known, and is returned to when it recovers.
 *
 * Flow: blob, at each transfer (asked) -> the blob's first bytes from another mirror, thrown away.
 * Process: engine
 *
 * At most one request in MIRROR_PROBE_REQUESTS is a probe, and at most one in MIRROR_PROBE_LEAST_MS goes to a mirror, doubling to
 * MIRROR_PROBE_MOST_MS as long as it is not chosen: with 64 KiB each that is 6 % of the requests of a boot at most and 2 KiB/s
 * a mirror later. The first round comes at once, for a boot is soon over; but not to mirrors that an engine before has
 * come to know. A host that reads nothing probes nothing.
 */
#ifndef BLOBROOT_MIRROR_PROBE_H
#define BLOBROOT_MIRROR_PROBE_H

#include "fetch/blob.h"

enum {
	MIRROR_PROBE_BYTES = 64 * 1024,
	MIRROR_PROBE_REQUESTS = 16,
	MIRROR_PROBE_LEAST_MS = 2000,
	MIRROR_PROBE_MOST_MS = 32000,
	MIRROR_PROBE_PATIENCE_MS = 2000, /* one that takes longer is ended, and has told enough */
};

struct mirror_probe {
	struct blob *blob;
	struct blob_transfer get;
	unsigned requests; /* of others, since the last one */
	uint64_t due_ms[MIRROR_COUNT_MAX];
	uint32_t pause_ms[MIRROR_COUNT_MAX]; /* 0: never tried */
};

/* Hears of blob's transfers from now on. Errors: -ENOMEM. Owns: ended with mirror_probe_close before the blob is. */
int mirror_probe_open(struct mirror_probe **probe_out, struct blob *blob);
/* Shape: probe may be NULL. */
void mirror_probe_close(struct mirror_probe *probe);

#endif
