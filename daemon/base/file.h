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
	char *bytes; /* a NUL stands behind the last one */
	size_t len;
};

/*
 * Reads path, from the directory dirfd on (or AT_FDCWD). It does not wait for a pipe's other end. Owns: ended with
 * file_free. Errors: -errno; -EINVAL: it is no regular file; -EFBIG: it has more than max bytes.
 */
int file_read(int dirfd, const char *path, size_t max, struct file *file_out);

/* Wipes and frees the bytes. */
void file_free(struct file *file);

#endif
