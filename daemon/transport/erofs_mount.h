/* SPDX-License-Identifier: MIT */
/*
 * Mounts an image: what is the same for all transports.
 *
 * Flow: a transport's mount -> erofs_mount -> fs_mount.
 * Process: keeper's side: `blobrootd mount`
 * Source: Linux, fs/erofs/super.c
 */
#ifndef BLOBROOT_EROFS_MOUNT_H
#define BLOBROOT_EROFS_MOUNT_H

#include "base/mount_plan.h"
#include "transport/fs_mount.h"

struct erofs_mount {
	const struct mount_plan *plan; /* what the image needs */
	const char *source;            /* what EROFS is to read: fs_mount.h */
	const char *own;               /* the transport's mount options; empty: none */
	const char *options;           /* the user's, for rootflags=; empty: none */
	const char *dir;
	/* What the transport knows about a failure: a message, or NULL. err is positive; said: see fs_mount.h. */
	const char *(*explain)(enum fs_mount_step step, int err, const char *said);
};

/* Returns an exit status, and why (TRANSPORT_WHY_MAX) unless it is EXIT_DONE. */
int erofs_mount(const struct erofs_mount *mount, char *why_out);

#endif
