/* SPDX-License-Identifier: MIT */
/*
 * Mounts a filesystem with the kernel's newer calls, which say in words why they fail.
 *
 * Flow: a transport's mount.
 * Process: keeper's side: `blobrootd mount`
 * Source: Linux, include/uapi/linux/mount.h, fs/fsopen.c (the messages: struct fc_log);
 *   Documentation/ABI/testing/dev-kmsg
 */
#ifndef BLOBROOT_FS_MOUNT_H
#define BLOBROOT_FS_MOUNT_H

#include <stddef.h>

/* Which step failed. */
enum fs_mount_step {
	FS_MOUNT_TYPE,    /* the kernel has no such filesystem */
	FS_MOUNT_OPTIONS, /* it does not know an option, or its value */
	FS_MOUNT_WRITE,   /* one of the options asks for a mount that can be written to */
	FS_MOUNT_SOURCE,  /* it refuses the filesystem on the source, or cannot read it */
	FS_MOUNT_DIR,     /* it cannot be attached there */
};

/*
 * Makes a read-only mount of source that is attached nowhere. Returns its descriptor; else as fs_mount.
 */
int fs_make(const char *type, const char *source, const char *options, enum fs_mount_step *step_out,
	    char *said_out, size_t size);

/*
 * Mounts source, read-only, on dir. Shape: options are the filesystem's own, NAME or NAME=VALUE, and those of
 * mount_words.h, separated by commas; empty: none. said_out (size bytes): the kernel's own messages, separated by "; ",
 * even on success; if it fails, also what the filesystem has written into the kernel's log meanwhile. Empty: there are
 * none. Errors: -errno, with the step.
 */
int fs_mount(const char *type, const char *source, const char *options, const char *dir,
	     enum fs_mount_step *step_out, char *said_out, size_t size);

#endif
