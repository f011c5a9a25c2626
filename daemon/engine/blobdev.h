/* SPDX-License-Identifier: MIT */
/*
 * Blobs beside the image that the kernel opens: EROFS's extra devices, mkfs.erofs --blobdev. From the open to
 * the end of the first contact; a blob that can be served then becomes an object.
 *
 * Flow: engine -> blobdev_open -> contact -> the engine's serve or refuse.
 * Process: engine
 */
#ifndef BLOBROOT_BLOBDEV_H
#define BLOBROOT_BLOBDEV_H

#include "base/list.h"
#include "engine/recall.h"
#include "fetch/contact.h"

/* A blob whose open the kernel waits for. */
struct blobdev {
	struct blobdevs *all;
	uint64_t object_id, request_id;
	int file; /* from the transport, for its bytes */
	struct blob *blob;
	struct contact contact;
	char key[256];
	struct list link;
};

/* All blobs whose first contact is under way. */
struct blobdevs {
	struct fetch *fetch;
	struct loop *loop;
	const struct recall *recall;
	int notices;
	uint32_t contact_s; /* how long each is waited for; 0: for ever */
	struct list list;
	unsigned count;
	unsigned told; /* versions reported to the keeper */
	/* Its version is known. Takes ownership of file in any case, and of blob if it returns 0. */
	int (*serve)(void *arg, const struct blobdev *dev, const uint8_t *head, size_t head_len);
	/* It cannot be opened: err is -errno for the mounting process. Takes ownership of file. */
	void (*refuse)(void *arg, uint64_t request_id, int file, int err);
	void *arg;
};

/* Shape: the caller has set the other members. */
void blobdevs_init(struct blobdevs *all);

/* The kernel opens key, a blob beside the image at url. If that fails, says why on the console. */
void blobdev_open(struct blobdevs *all, const char *url, const char *key, uint64_t object_id,
		  uint64_t request_id, int file);

/* The kernel no longer uses this object ID. */
void blobdev_forget(struct blobdevs *all, uint64_t object_id);

/* Nobody waits for this open any more. */
void blobdev_interrupt(struct blobdevs *all, uint64_t request_id);

/*
 * The blob called key beside the image at url, in the version that an earlier engine found; NULL: no such name, or no
 * memory. Owns: the caller frees it, after blob_fini.
 */
struct blob *blobdev_known(struct blobdevs *all, const char *url, const char *key,
			   const struct version *version);

/* The URL of the blob that has waited longest, and since when; NULL: none waits. */
const char *blobdev_oldest(const struct blobdevs *all, uint64_t *since_ms_out);

#endif
