/* SPDX-License-Identifier: MIT */
/*
 * Checks that this is an EROFS image, complete, and of a kind that we can serve.
 *
 * Flow: engine passes in the image's first bytes and its size; a verdict comes out. Pure.
 * Process: engine
 * Source: fs/erofs/erofs_fs.h of Linux 6.12; Documentation/filesystems/erofs.rst
 */
#ifndef BLOBROOT_EROFS_SUPER_H
#define BLOBROOT_EROFS_SUPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct erofs_super {
	uint64_t size;          /* bytes that the superblock claims for the primary device */
	uint32_t block_size;    /* bytes */
	uint32_t features;      /* incompatible ones: the kernel must know them all */
	uint16_t extra_devices; /* blobs beside the image */
	uint16_t
		nameless; /* so many of these have no name in the image; 0 if that is not to be seen in its head */
	bool is_compressed;
};

enum erofs_super_result {
	EROFS_SUPER_OK,
	EROFS_SUPER_SHORT, /* fewer bytes than EROFS_SUPER_LEAST */
	EROFS_SUPER_NO_MAGIC,
	EROFS_SUPER_BLOCK_SIZE,
	EROFS_SUPER_TAR_INDEX, /* blocks of 512 bytes, to go with a tar beside it */
	EROFS_SUPER_CHECKSUM,  /* the superblock is not as it was made */
	EROFS_SUPER_UNALIGNED, /* the image's size is no multiple of BLOCK_SIZE */
	EROFS_SUPER_TRUNCATED, /* the image is smaller than the superblock says */
};

/* How many of the image's first bytes are needed, and up to where the checksum covers them. */
enum { EROFS_SUPER_LEAST = 1024 + 128, EROFS_SUPER_END = 4096 };

/* super_out is valid for OK and TRUNCATED. */
enum erofs_super_result erofs_super_decode(const void *head, size_t len, uint64_t image_size,
					   struct erofs_super *super_out);

/* Why, for a message; may use buf. */
const char *erofs_super_explain(enum erofs_super_result result, const struct erofs_super *super,
				uint64_t image_size, char *buf, size_t size);

#endif
