/* SPDX-License-Identifier: MIT */
/*
 * What an image demands of the kernel's EROFS, and what that has.
 *
 * Flow: a transport's mount asks before it mounts, because the kernel only says "Invalid argument".
 * Process: keeper's side: `blobrootd mount`
 * Source: Linux, fs/erofs/erofs_fs.h (EROFS_FEATURE_INCOMPAT_*), sysfs.c (features/)
 */
#ifndef BLOBROOT_EROFS_FEATURES_H
#define BLOBROOT_EROFS_FEATURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Files of unequal chunks, which may be holes. */
#define EROFS_FEATURE_CHUNKED 0x00000004u

/* Where a kernel with EROFS has a file for each feature. */
#define EROFS_FEATURES_DIR "/sys/fs/erofs/features"

/*
 * Puts the names of those features that no file in dir stands for, "A, B"; false: there are none. A bit without a name
 * here is one that the kernel does not know either. Without dir, nothing is known, and nothing is missing.
 */
bool erofs_features_missing(uint32_t features, const char *dir, char *names_out, size_t size);

#endif
