/* SPDX-License-Identifier: MIT */
/*
 * The cachefiles on-demand transport, engine's part: reads requests from /dev/cachefiles, writes answers.
 *
 * Flow: device fd -> cachefiles_msg -> transport_sink; transport_ops -> device fd and anonymous fds.
 * Process: engine (the keeper's part, which binds the cache, is device.h)
 * Source: Documentation/filesystems/caching/cachefiles.rst; fs/cachefiles/ondemand.c of Linux 6.12
 */
#ifndef BLOBROOT_CACHEFILES_H
#define BLOBROOT_CACHEFILES_H

#include "transport/transport.h"

extern const struct transport_ops cachefiles_ops;

#endif
