/* SPDX-License-Identifier: MIT */
/*
 * A whole small file in memory.
 *
 * Flow: home, credentials and certdir read certificates, keys and passwords.
 * Process: keeper, engine
 */
#ifndef BLOBROOT_FILE_H
#define BLOBROOT_FILE_H

#include <stddef.h>

/* Zeroed: no file. */
struct file {
	char *bytes; /* followed by a NUL */
	size_t len;
};

/*
 * Reads path, relative to the directory dirfd (or AT_FDCWD). Never blocks on a FIFO. Owns: the caller frees
 * it with file_free. Errors: -errno; -EINVAL: not a regular file; -EFBIG: more than max bytes.
 */
int file_read(int dirfd, const char *path, size_t max, struct file *file_out);

/* Wipes and frees the bytes. */
void file_free(struct file *file);

#endif
