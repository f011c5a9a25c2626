/* SPDX-License-Identifier: MIT */
/*
 * A line on the console now and then while somebody waits for the network.
 *
 * Flow: engine arms it when somebody begins to wait, and says who waits longest.
 * Process: engine
 */
#ifndef BLOBROOT_HEARTBEAT_H
#define BLOBROOT_HEARTBEAT_H

#include "base/loop.h"

/* The longest wait of anybody. */
struct heartbeat_wait {
	uint64_t since_ms;
	const char *url;
	char what[64];      /* that is waited for */
	const char *remark; /* behind the line */
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
/* Somebody waits. */
void heartbeat_arm(struct heartbeat *heartbeat);

#endif
