/* SPDX-License-Identifier: MIT */
/*
 * The cachefiles transport: the kernel's cachefiles in on-demand mode, under EROFS over fscache.
 *
 * Flow: transports.c lists it. The engine's half is cachefiles.c: device -> cachefiles_msg -> sink; answers
 * -> device and the objects' files, which are the kernel's cache files. The keeper's half is
 * cachefiles_keeper.c.
 * Process: keeper, engine
 * Source: Documentation/filesystems/caching/cachefiles.rst; fs/cachefiles/{daemon,ondemand}.c of Linux 6.12
 *
 * The kernel never asks again for what was written to a cache file. For some milliseconds after an open is
 * answered it refuses every use of the file (ENOBUFS), until its worker has attached it. Only the object's
 * first request shows that this is over.
 */
#ifndef BLOBROOT_CACHEFILES_H
#define BLOBROOT_CACHEFILES_H

#include "transport/transport.h"

extern const struct transport cachefiles_transport;

/* The keeper's half: as struct transport has them. */
int cachefiles_probe(char *why_out);
int cachefiles_bind(const char *store, const struct limits *limits, bool is_exact,
		    struct transport_ends *ends_out, char *why_out);
int cachefiles_resume(int device);
int cachefiles_mount(int tree, const struct mount_plan *plan, const char *dir, const char *options,
		     char *why_out);

#endif
