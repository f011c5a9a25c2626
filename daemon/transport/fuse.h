/* SPDX-License-Identifier: MIT */
/*
 * The FUSE transport: EROFS on files that the engine serves through /dev/fuse.
 *
 * Flow: transports.c lists it. The engine's half is fuse.c: device -> fuse_msg -> sink; answers, with their bytes, ->
 * device. The keeper's half is fuse_keeper.c.
 * Process: keeper, engine
 * Source: Linux, include/uapi/linux/fuse.h, fs/fuse/; Documentation/filesystems/fuse/fuse.rst
 *
 * The FUSE mount is one directory of which nobody sees anything: it is attached nowhere. EROFS reads a file in it, and keeps
 * it alive. What was answered is in the kernel's page cache, which may drop it and ask again.
 *
 * Messages are atomic: one read is one whole request, one writev one whole answer. When an engine has died, the keeper has
 * the kernel repeat what was taken and not answered. An engine that is killed while the kernel copies bytes from or to a page
 * that is not there yet makes that request fail; so pages are touched first.
 */
#ifndef BLOBROOT_FUSE_H
#define BLOBROOT_FUSE_H

#include "transport/fs_mount.h"
#include "transport/transport.h"

extern const struct transport fuse_transport;

/* The keeper's half: as struct transport has them. */
int fuse_probe(char *why_out);
int fuse_bind(const char *store, const struct limits *limits, bool is_exact, struct transport_ends *ends_out,
	      char *why_out);
int fuse_resume(int device);
bool fuse_is_over(int device);
int fuse_mount(int tree, const struct mount_plan *plan, const char *dir, const char *options, char *why_out);

/* What bind does; reads_ahead: may the kernel read more of a file than somebody wants? */
int fuse_open(bool reads_ahead, struct transport_ends *ends_out, char *why_out);

/* For struct erofs_mount. */
const char *fuse_explain_mount(enum fs_mount_step step, int err, const char *said);

#endif
