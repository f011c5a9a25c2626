/* SPDX-License-Identifier: MIT */
/*
 * The images of a store on a disk, and the directory of one of them.
 *
 * Flow: disk_store looks which there are, and opens one -> a thread of the disk's -> its files (disk.h), and small ones.
 * Process: engine
 * Source: blobroot-store(5)
 */
#ifndef BLOBROOT_DISK_IMAGE_H
#define BLOBROOT_DISK_IMAGE_H

#include "store/disk.h"
#include "store/disk_list.h"

/* Names of an image's files. */
extern const char *const disk_part_names[DISK_PARTS];

/* An image's directory. */
struct disk_image {
	struct disk_file files[DISK_PARTS]; /* with DISK_KERNELS the one of the blocks is for reading only */
	int dir;                            /* locked: nobody deletes what somebody has open */
	char name[DISK_NAME_MAX + 1];
	uint8_t super[4096]; /* the tree's block 0, if it is claimed */
};

/* Reads the list of images. done is called from the loop; entries are valid during the call. Errors: -ENOMEM. */
int disk_look(struct disk *disk, void (*done)(void *arg, const struct disk_entry *entries, unsigned count),
	      void *arg);

/*
 * Opens the directory of that name. may_make: and makes what is missing; what lies in the way and cannot be ours is removed. If
 * not, and it is not there: -ENOENT. done is called from the loop, with the image, or err and what failed. Shape: name has at most
 * DISK_NAME_MAX characters. Errors: -ENOMEM: done is not called then. Owns: disk_image_close.
 */
int disk_image_open(struct disk *disk, const char *name, bool may_make,
		    void (*done)(void *arg, struct disk_image *image, int err, const char *what), void *arg);
/* So many blocks the files have. Before that nothing may be written. Errors: -ENOMEM, -EFBIG, as blockset_init. */
int disk_image_fit(struct disk_image *image, const uint64_t counts[DISK_PARTS]);

/* Reads a small file of an image, as disk_note_read. done is called from the loop, once. Errors: -ENOMEM. */
int disk_note_get(struct disk *disk, const char *image, const char *name,
		  void (*done)(void *arg, const uint8_t *bytes, size_t len), void *arg);
/* Has a copy written, some time. Best effort: a failure is reported as of any write. Shape: name is a constant. */
void disk_note_put(struct disk_image *image, const char *name, const void *bytes, size_t len);
/* Reads under way are done before it is gone. What waits to be written is not lost. */
void disk_image_close(struct disk_image *image);

#endif
