/* SPDX-License-Identifier: MIT */
/*
 * The engine's store on a disk (store/disk.h): which images are there, the directory of the one that is booted, and what the
 * console says about it all.
 *
 * Flow: vouch looks, and opens what may be booted without a server -> engine -> disk_store_begin, once the image is known ->
 * the engine's done, with or without it.
 * Process: engine
 */
#ifndef BLOBROOT_DISK_STORE_H
#define BLOBROOT_DISK_STORE_H

#include "base/cmdline.h"
#include "base/loop.h"
#include "store/disk_image.h"

struct verity;

enum {
	DISK_STORE_PATIENCE_MS = 10000,           /* for a list or a directory; then it is done without */
	DISK_STORE_KERNELS_OWN = 2 * 1024 * 1024, /* bytes of the kernel's own directories for an image */
	DISK_STORE_CANDIDATES_MAX = 16, /* images that were booted from the same URL, the newest ones */
};

struct disk_store {
	struct loop *loop;
	struct disk *disk;        /* NULL: there is none */
	struct disk_image *image; /* NULL: it is not open */
	char why[256];            /* with DISK_KERNELS_SOON: it cannot be used; else empty */
	bool has_list;
	uint64_t booted; /* the highest number that an image has, if has_list */
	char candidates[DISK_STORE_CANDIDATES_MAX][DISK_NAME_MAX + 1]; /* newest first */
	unsigned candidate_count;
	uint64_t counts[DISK_PARTS]; /* blocks of its files; 0: not known yet */
	const struct verity *verity; /* of the image that is booted */
	uint64_t size;               /* .. and its bytes */
	/* With DISK_KERNELS_SOON, the caller's: the transport's, and what `store prove` has proven (verity_identify), or empty. */
	int (*mark)(int file, uint64_t size);
	const char *proven;
	const char *url;
	uint8_t *note; /* what disk_store_read has read, DISK_NOTE_MAX bytes */
	size_t note_len;
	unsigned asked; /* so many questions so far; an answer to an earlier one comes too late */
	struct loop_timer patience;
	void (*done)(void *arg);
	void *arg;
};

/* Shape: dir is the store's directory, or -1: there is none. url is the image's, and outlives it. Errors: -errno. */
int disk_store_open(struct disk_store *store, struct loop *loop, int dir, const struct limits *limits,
		    enum disk_use use, const char *url);

/* Looks which images there are. done is called once, at once or from the loop. Shape: there is a disk. */
void disk_store_look(struct disk_store *store, void (*done)(void *arg), void *arg);

/* Opens an image's directory, if it is there. done: as above; image is set, or it is not there. Shape: root hash. */
void disk_store_peek(struct disk_store *store, const char *name, void (*done)(void *arg), void *arg);

/* Reads a small file of an image. done: as above; it is in note, of 0 bytes if it cannot be read. Shape: name is a constant. */
void disk_store_read(struct disk_store *store, const char *image, const char *name, void (*done)(void *arg),
		     void *arg);

/*
 * Opens the image's directory, or makes it; verity is its tree's, size its bytes. NULL: nothing vouches for the image, so there is no store. done:
 * as above; image is set, or there is no store. With DISK_KERNELS_SOON all that is there is true then, and there is room for the
 * rest.
 */
void disk_store_begin(struct disk_store *store, const struct verity *verity, uint64_t size,
		      void (*done)(void *arg), void *arg);

/* Why the kernel cannot use the store, once it has begun; NULL: it can. Shape: DISK_KERNELS_SOON. */
const char *disk_store_find_fault(const struct disk_store *store);

/* The image is booted: notes that it is the newest. */
void disk_store_booted(struct disk_store *store);

#endif
