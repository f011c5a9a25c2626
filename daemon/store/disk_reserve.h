/* SPDX-License-Identifier: MIT */
/*
 * Room on a disk that is kept free for what an image's file does not have yet: a file beside it, of that size. A kernel that reads
 * and writes the image's file by itself fails reads where there is no room.
 *
 * Flow: kernel_file reserves before the mount; disk gives back what was used, soon after; present at once if the disk is full.
 * Process: engine
 *
 * Not in the image's file itself: once anybody has read what is reserved there, its page of zeros counts as data (SEEK_DATA), and
 * the kernel would read zeros.
 */
#ifndef BLOBROOT_DISK_RESERVE_H
#define BLOBROOT_DISK_RESERVE_H

#include <stdbool.h>
#include <stdint.h>

#define DISK_RESERVE "room" /* its name in an image's directory */

enum { DISK_RESERVE_STEP = 1024 * 1024 }; /* bytes that are given at once */

/* So many bytes are reserved. Errors: -errno; nothing is reserved then. */
int disk_reserve(int fd, uint64_t bytes);

/* No more than so many are. */
void disk_reserve_shrink(int fd, uint64_t bytes);

/* Gives up len bytes, or a few more, at once. Returns false if there were none. It may wait for the disk. */
bool disk_reserve_give(int fd, uint64_t len);

#endif
