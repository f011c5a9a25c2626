/* SPDX-License-Identifier: MIT */
/*
 * The engine's store on a disk (store/disk.h): opens the image's directory once the image is known, and says on the console
 * what the disk does.
 *
 * Flow: engine -> disk_store_begin -> disk -> the engine's done, with or without it.
 * Process: engine
 */
#ifndef BLOBROOT_DISK_STORE_H
#define BLOBROOT_DISK_STORE_H

#include "base/loop.h"
#include "store/disk.h"

struct verity;

enum { DISK_STORE_PATIENCE_MS = 10000 }; /* for the directory; then it is done without */

struct disk_store {
	struct loop *loop;
	struct disk *disk;        /* NULL: there is none */
	struct disk_image *image; /* NULL: it is not open */
	char name[65];            /* the root hash */
	uint64_t size;            /* of the image, in bytes */
	bool is_done;
	struct loop_timer patience;
	void (*done)(void *arg);
	void *arg;
};

/* Shape: dir is the store's directory, or -1: there is none. Errors: -errno. */
int disk_store_open(struct disk_store *store, struct loop *loop, int dir);

/*
 * Opens the image's directory; verity is its tree's, NULL: nothing vouches for the image, so there is no store. done is called
 * once, at once or from the loop: image is set, or there is no store.
 */
void disk_store_begin(struct disk_store *store, const struct verity *verity, void (*done)(void *arg),
		      void *arg);

/* A file of the image; NULL: there is none. */
struct disk_file *disk_store_file(const struct disk_store *store, enum disk_part part);

#endif
