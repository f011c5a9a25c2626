/* SPDX-License-Identifier: MIT */
/*
 * Probes idle mirrors now and then, so that the best one is known, and is used again when it recovers.
 *
 * Flow: blob, at each transfer (asked) -> fetches the blob's first bytes from another mirror, and discards them.
 * Process: engine
 *
 * At most one request in MIRROR_PROBE_REQUESTS is a probe. A mirror gets at most one per MIRROR_PROBE_LEAST_MS, an
 * interval that doubles up to MIRROR_PROBE_MOST_MS while the mirror is not chosen. With 64 KiB each that is at most 6 %
 * of the requests of a boot, and 2 KiB/s per mirror later. The first round is immediate, as a boot is soon over, but
 * leaves out mirrors that an earlier engine measured. A host that reads nothing probes nothing.
 */
#ifndef BLOBROOT_MIRROR_PROBE_H
#define BLOBROOT_MIRROR_PROBE_H

#include "fetch/blob.h"

enum {
	MIRROR_PROBE_BYTES = 64 * 1024,
	MIRROR_PROBE_REQUESTS = 16,
	MIRROR_PROBE_LEAST_MS = 2000,
	MIRROR_PROBE_MOST_MS = 32000,
	MIRROR_PROBE_PATIENCE_MS = 2000, /* a slower probe is cancelled, and has told enough */
};

struct mirror_probe {
	struct blob *blob;
	struct blob_transfer get;
	unsigned requests; /* other requests since the last probe */
	uint64_t due_ms[MIRROR_COUNT_MAX];
	uint32_t pause_ms[MIRROR_COUNT_MAX]; /* 0: never probed */
};

/* Hooks into blob's transfers. Errors: -ENOMEM. Owns: ended with mirror_probe_close, before blob_fini. */
int mirror_probe_open(struct mirror_probe **probe_out, struct blob *blob);
/* Shape: probe may be NULL. */
void mirror_probe_close(struct mirror_probe *probe);

#endif
