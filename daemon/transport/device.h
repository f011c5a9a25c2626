/* SPDX-License-Identifier: MIT */
/*
 * /dev/cachefiles, keeper's part: open it, bind the cache in on-demand mode, restore after an engine's death.
 *
 * Flow: the keeper binds at its start and hands the descriptor to each engine.
 * Process: keeper
 * Source: Documentation/filesystems/caching/cachefiles.rst; fs/cachefiles/daemon.c of Linux 6.12
 */
#ifndef BLOBROOT_DEVICE_H
#define BLOBROOT_DEVICE_H

enum device_result {
	DEVICE_OK,
	DEVICE_MISSING,     /* no /dev/cachefiles: the module is not there */
	DEVICE_BUSY,        /* another daemon has it */
	DEVICE_NO_ONDEMAND, /* built without CONFIG_CACHEFILES_ONDEMAND */
	DEVICE_BAD_STORE,   /* the store's filesystem will not do */
	DEVICE_FAILED,      /* something else: errno says */
};

/* Opens path, binds the cache at the directory store. Owns: the caller closes fd_out, and with it the cache.
 */
enum device_result device_bind(const char *path, const char *store, int *fd_out);

/* Has the kernel ask again what a dead engine had taken and not answered. Errors: -errno. */
int device_restore(int fd);

/* `what: why` for a message. */
const char *device_explain(enum device_result result);

#endif
