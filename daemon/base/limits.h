/* SPDX-License-Identifier: MIT */
/*
 * How much of a disk the store may take, in the words of cachefilesd.conf(5). Pure.
 *
 * Flow: the keeper parses the initramfs' /etc/blobroot/cachefilesd.conf and rd.blob.cache.limit= -> engine_options -> the engine.
 * Process: keeper, engine
 * Source: cachefilesd.conf(5); Documentation/filesystems/caching/cachefiles.rst, "Cache Culling"
 *
 * Free space and free files are in percent of the file system. Below cull, images are deleted until there is run again; below
 * stop, nothing is kept.
 */
#ifndef BLOBROOT_LIMITS_H
#define BLOBROOT_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	LIMITS_TAG_MAX = 64,
	LIMITS_WHY_MAX = 256,
	LIMITS_TEXT_MAX = 256,
};

struct limits {
	unsigned brun, bcull, bstop, frun, fcull, fstop;
	unsigned debug;
	bool is_nocull;
	bool has_secctx; /* a security context is asked for: the caller's to judge */
	char tag[LIMITS_TAG_MAX + 1];
	uint64_t most_kib; /* that all images may take; 0: what the others leave */
};

/* cachefilesd's: run 7 %, cull 5 %, stop 1 %; tag "blobroot". */
void limits_defaults(struct limits *limits_out);

/*
 * Parses the file. Calls skipped for each line that is not honoured. Returns false, with why (LIMITS_WHY_MAX), for one that is
 * wrong, and for limits out of order: 0 <= stop < cull < run < 100.
 */
bool limits_parse(struct limits *limits, const char *text, size_t len,
		  void (*skipped)(void *arg, unsigned line, const char *why), void *arg, char *why_out);

/* Limits to one line of text and back. */
void limits_format(const struct limits *limits, char text_out[LIMITS_TEXT_MAX]);
bool limits_take(struct limits *limits_out, const char *text);

/*
 * KiB that a size stands for, as cmdline.h takes it: digits, then nothing, k, m, g, or %, which is of whole_kib. More than 100 %:
 * UINT64_MAX.
 */
uint64_t limits_kib(const char *size, uint64_t whole_kib);

#endif
