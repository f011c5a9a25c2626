/* SPDX-License-Identifier: MIT */
/*
 * Keeps a store on a disk within its limits: deletes whole images, those first that were booted longest ago. The one that runs, and
 * the one that was booted before it, are never deleted.
 *
 * Flow: disk has a thread call it, before what is written could go beyond a limit. It may wait for the disk.
 * Process: engine
 */
#ifndef BLOBROOT_DISK_TEND_H
#define BLOBROOT_DISK_TEND_H

#include "base/limits.h"
#include "store/disk_list.h"

#include <stdbool.h>

enum {
	DISK_TENDED_NAMES_MAX = 8,     /* that are reported */
	DISK_TEND_MARGIN = 256 * 1024, /* bytes that the file system may need for what is written, too */
	DISK_TEND_LEAST = 512 * 1024,  /* less than the largest write is no room */
	DISK_TEND_BUDGET = 64 * 1024 * 1024, /* bytes that are written before it is called again, at most */
};

/* What was found, and done. */
struct disk_tended {
	uint64_t budget; /* bytes that may be written now */
	unsigned deleted;
	char names[DISK_TENDED_NAMES_MAX][DISK_NAME_MAX + 1]; /* of those that were deleted */
	const char *why;                                      /* there is no budget; else NULL */
};

/*
 * Shape: dir is the store's directory; running is the image's name, which will take as many bytes as size says, if all of it
 * is kept. is_reserved: the caller will take all of them now, so there has to be room for them.
 */
void disk_tend(int dir, const struct limits *limits, const char *running, uint64_t size, bool is_reserved,
	       struct disk_tended *tended_out);

#endif
