/* SPDX-License-Identifier: MIT */
/*
 * How long to wait before a failed fetch is retried.
 *
 * Flow: flight, tree and contact count their failures, blob asks.
 * Process: engine
 */
#ifndef BLOBROOT_RETRY_H
#define BLOBROOT_RETRY_H

#include <stdint.h>

enum { RETRY_FIRST_MS = 100, RETRY_MOST_MS = 5000 };

/*
 * The pause after the attempt-th failure in a row (from 1), in ms: doubles from RETRY_FIRST_MS to
 * RETRY_MOST_MS, and is randomised within its upper half, so that hosts that failed together do not
 * return together.
 */
uint32_t retry_pause_ms(unsigned attempt, uint32_t random);

/* Seeds rand() differently in each process of each host. */
void retry_seed(void);

#endif
