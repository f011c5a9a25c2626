/* SPDX-License-Identifier: MIT */
/*
 * What a keeper gives each engine along: descriptors, and what engines before it have learned.
 *
 * Flow: start fills it in -> keeper -> options.h -> exec -> options.h -> the engine.
 * Process: both
 */
#ifndef BLOBROOT_ENGINE_OPTIONS_H
#define BLOBROOT_ENGINE_OPTIONS_H

#include "base/options.h"

struct engine_options {
	char transport[NOTICE_TEXT_MAX]; /* its name; empty: as keepers say who had one only */
	int device;                      /* of the transport, bound by the keeper */
	int notices; /* its end of the socketpair with the other one; the keeper's own is -1 while no engine runs */
	int counters;      /* memfd of a struct counters */
	int hash_cache;    /* memfd of LAYOUT_HASH_CACHE_SIZE bytes */
	int home;          /* directory that becomes the engine's root */
	int room_mib;      /* that the store can take */
	int kmsg, console; /* log.h's */
	int console_level;
	struct option_texts remembered; /* of engines before: KEY TAB VALUE */
};

/* The options of this struct. */
struct option_table engine_options_table(struct engine_options *options);

#endif
