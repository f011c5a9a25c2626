/* SPDX-License-Identifier: MIT */
/*
 * An image's directory in a store on a disk: makes it, opens its files, and finds out which blocks they have.
 *
 * Flow: disk has a thread call it. It may wait for the disk.
 * Process: engine
 * Source: blobroot-store(5); lseek(2), SEEK_DATA
 */
#ifndef BLOBROOT_DISK_DIR_H
#define BLOBROOT_DISK_DIR_H

#include "store/blockset.h"

/* Opens the image's directory, if it is there, and no link. Returns a descriptor. Errors: -errno. */
int disk_dir_at(int dir, const char *image);

/*
 * Opens the file called name in the directory image of dir, and makes what is missing. Links, what another user owns, and
 * anything but a file of one name is not ours: it is removed. Returns a descriptor. Errors: -errno; *what_out is what failed;
 * -EOPNOTSUPP: the file system has no sparse files.
 */
int disk_dir_open(int dir, const char *image, const char *name, const char **what_out);

/* Opens it for reading, if it is there. Returns a descriptor. Errors: -errno. */
int disk_dir_file(int dir, const char *image, const char *name);

/*
 * Marks the blocks that the file has, as far as it can be told and there is memory. Errors: -errno, -ENOMEM. Owns: claims is
 * initialised, and the caller's.
 */
int disk_dir_look(int fd, struct blockset *claims);

/* Reads all of [off, off + len). Errors: -errno; -ENODATA: the file ends before. */
int disk_dir_read(int fd, uint8_t *buf, uint64_t off, uint64_t len);

#endif
