/* SPDX-License-Identifier: MIT */
/*
 * The smallest image that shows what a kernel's EROFS does: one directory with one file of two blocks.
 *
 * Flow: fuse_probe serves it. Pure.
 * Process: keeper's side
 * Source: Linux, fs/erofs/erofs_fs.h; Documentation/filesystems/erofs.rst ("Image On-disk")
 */
#ifndef BLOBROOT_EROFS_TINY_H
#define BLOBROOT_EROFS_TINY_H

#include <stdint.h>

#define EROFS_TINY_FILE "f"

enum {
	EROFS_TINY_SIZE = 3 * 4096,
	EROFS_TINY_FILE_OFF = 4096, /* where the file's bytes are */
	EROFS_TINY_FILE_SIZE = 2 * 4096,
};

/* No byte of the file is 0. */
void erofs_tiny_make(uint8_t image_out[EROFS_TINY_SIZE]);

#endif
