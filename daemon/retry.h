/* SPDX-License-Identifier: MIT */
/*
 * How long to wait before a failed fetch is tried again.
 *
 * Flow: object counts its failures and asks. Pure.
 * Process: engine
 */
#ifndef BLOBROOT_RETRY_H
#define BLOBROOT_RETRY_H

#include <stdint.h>

enum { RETRY_FIRST_MS = 100, RETRY_MOST_MS = 5000 };

/*
 * The pause after the attempt-th failure in a row (from 1), in ms: doubling from RETRY_FIRST_MS to
 * RETRY_MOST_MS, each drawn from its upper half by random, so that many hosts that failed together do not
 * return together. A server that named a time (retry_after_s, 0: it did not) is not asked before.
 */
uint32_t retry_pause_ms(unsigned attempt, uint32_t retry_after_s, uint32_t random);

#endif
