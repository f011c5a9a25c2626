/* SPDX-License-Identifier: MIT */
/*
 * What a keeper passes to each engine: descriptors, and what earlier engines learned.
 *
 * Flow: start fills it in -> keeper -> options.h -> exec -> options.h -> the engine.
 * Process: both
 */
#ifndef BLOBROOT_ENGINE_OPTIONS_H
#define BLOBROOT_ENGINE_OPTIONS_H

#include "base/options.h"

struct engine_options {
	char transport[NOTICE_TEXT_MAX]; /* its name; empty: the only one that older keepers know */
	int device;                      /* the transport's, bound by the keeper */
	int notices;    /* this process's end of the socketpair; in the keeper, -1 while no engine runs */
	int counters;   /* memfd of a struct counters */
	int hash_cache; /* memfd of LAYOUT_HASH_CACHE_SIZE bytes */
	int record;     /* memfd of a struct record; -1: the keeper is older, and has none */
	int kept;       /* memfd for blocks that are kept in memory (store/kept.h); -1: none are */
	char alone[NOTICE_TEXT_MAX];  /* not empty: the first engine asks no server, see engine/vouch.h */
	char proven[NOTICE_TEXT_MAX]; /* of a store on a disk: an image of which all is true; empty: none */
	char limits[NOTICE_TEXT_MAX]; /* of the store on a disk: limits_format; empty: the defaults */
	int store;    /* directory of the store on a disk, from which nothing else can be reached; -1: none */
	int home;     /* directory that becomes the engine's root */
	int room_mib; /* MiB that the store can hold; without files, those of blocks that the kernel waits for */
	int kmsg, console; /* log.h's */
	int console_level;
	struct option_texts remembered; /* from earlier engines: KEY TAB VALUE */
};

/* The options of this struct. */
struct option_table engine_options_table(struct engine_options *options);

#endif
