/* SPDX-License-Identifier: MIT */
/*
 * Prints a line on the console from time to time while somebody waits for the network, and how many lines were left out.
 *
 * Flow: engine arms it when a wait begins, and tells it the longest wait; log when it leaves out a line.
 * Process: engine
 */
#ifndef BLOBROOT_HEARTBEAT_H
#define BLOBROOT_HEARTBEAT_H

#include "base/loop.h"

/* The longest wait. */
struct heartbeat_wait {
	uint64_t since_ms;
	const char *url;
	char what[64];       /* what it waits for */
	const char *endless; /* the parameter that would set it an end; NULL: it has one */
};

struct heartbeat {
	struct loop *loop;
	struct loop_timer timer;
	uint64_t next_ms; /* age of the longest wait at which the next line is due */
	const uint64_t *fetched_bytes;
	/* Returns false if nobody waits. */
	bool (*find_wait)(void *arg, struct heartbeat_wait *wait_out);
	void *arg;
};

void heartbeat_init(struct heartbeat *heartbeat, struct loop *loop, const uint64_t *fetched_bytes,
		    bool (*find_wait)(void *arg, struct heartbeat_wait *wait_out), void *arg);
/* A first contact fails: it is tried again for so many seconds, or, with 0, for ever. */
void heartbeat_say_trouble(const char *url, const char *why, uint32_t seconds);
/* A wait has begun. */
void heartbeat_arm(struct heartbeat *heartbeat);

#endif
