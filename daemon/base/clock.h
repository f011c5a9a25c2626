/* SPDX-License-Identifier: MIT */
/*
 * The clock for time-outs.
 *
 * Process: keeper, engine
 * Source: CLOCK_MONOTONIC, clock_gettime(2)
 */
#ifndef BLOBROOT_CLOCK_H
#define BLOBROOT_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Milliseconds since an unspecified time in the past. Never 0, and never decreases. */
static inline uint64_t clock_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

#endif
