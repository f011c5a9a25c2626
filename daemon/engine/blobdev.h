/* SPDX-License-Identifier: MIT */
/*
 * Blobs beside the image that the kernel opens: EROFS's extra devices, mkfs.erofs --blobdev. From the open to the first
 * contact's end; what can be served then is an object.
 *
 * Flow: engine -> blobdev_open -> contact -> the engine's serve or refuse.
 * Process: engine
 */
#ifndef BLOBROOT_BLOBDEV_H
#define BLOBROOT_BLOBDEV_H

#include "base/list.h"
#include "engine/recall.h"
#include "fetch/contact.h"

/* One that the kernel waits for. */
struct blobdev {
	struct blobdevs *all;
	uint64_t object_id, request_id;
	int file; /* the transport's, for its bytes */
	struct blob *blob;
	struct contact contact;
	char key[256];
	struct list link;
};

/* Those whose first contact is under way. */
struct blobdevs {
	struct fetch *fetch;
	struct loop *loop;
	const struct recall *recall;
	int notices;
	uint32_t timeout_s;
	struct list list;
	unsigned count;
	unsigned told; /* versions that the keeper has been told of */
	/* Its version is known. Takes over file in any case, and blob if it returns 0. */
	int (*serve)(void *arg, const struct blobdev *dev, const uint8_t *head, size_t head_len);
	/* It cannot be had: -errno for whoever mounts. Takes over file. */
	void (*refuse)(void *arg, uint64_t request_id, int file, int err);
	void *arg;
};

/* Shape: the rest of the struct is the caller's to set. */
void blobdevs_init(struct blobdevs *all);

/* The kernel opens key, beside the image at url. Says on the console why not, if it cannot be had. */
void blobdev_open(struct blobdevs *all, const char *url, const char *key, uint64_t object_id,
		  uint64_t request_id, int file);

/* The kernel has no more use for that number. */
void blobdev_forget(struct blobdevs *all, uint64_t object_id);

/* Since when the one at the head of the line waits, and its URL; NULL: none does. */
const char *blobdev_oldest(const struct blobdevs *all, uint64_t *since_ms_out);

#endif
