/* SPDX-License-Identifier: MIT */
/*
 * What an engine has waited for longest.
 *
 * Flow: heartbeat -> engine -> waits_find_oldest -> a line on the console.
 * Process: engine
 */
#ifndef BLOBROOT_WAITS_H
#define BLOBROOT_WAITS_H

#include "base/cmdline.h"
#include "base/list.h"
#include "engine/blobdev.h"
#include "engine/heartbeat.h"
#include "trust/proof.h"

struct waits {
	const struct config *config;
	const struct proof *proof; /* NULL: the image is known */
	const struct blobdevs *blobdevs;
	const struct list *objects;
};

/* Returns false if nothing is waited for. */
bool waits_find_oldest(const struct waits *waits, struct heartbeat_wait *wait_out);

#endif
